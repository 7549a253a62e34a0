/**
 * Channels for what is not a socket: timers, signals, processes, files and events of the program's own, all selectable.
 * One thread and one loop serve them beside the connections:
 *
 * <pre>{@code
 * Selector selector = new KqueueSelectorProvider().openSelector();        // or Selector.open(), with the flag
 *
 * SignalChannel signals = SignalChannel.open("TERM");
 * signals.configureBlocking(false);
 * signals.register(selector, SelectionKey.OP_READ);
 * listener.register(selector, SelectionKey.OP_ACCEPT);
 *
 * while (running) {
 *     selector.select(key -> {
 *         if (key.channel() instanceof SignalChannel ready) {
 *             running = ready.read() == null;                             // no signal, no end
 *         } else if (key.isAcceptable()) {
 *             ...
 *         }
 *     });
 * }
 * }</pre>
 *
 * <table class="striped">
 * <caption>The channels</caption>
 * <thead><tr><th scope="col">channel</th><th scope="col">filter</th><th scope="col">a read returns</th></tr></thead>
 * <tbody>
 * <tr><th scope="row">{@link org.kqueue.nio.channels.TimerChannel}</th><td>EVFILT_TIMER</td><td>expirations</td></tr>
 * <tr><th scope="row">{@link org.kqueue.nio.channels.SignalChannel}</th><td>EVFILT_SIGNAL</td><td>signal,
 * count</td></tr>
 * <tr><th scope="row">{@link org.kqueue.nio.channels.ProcessChannel}</th><td>EVFILT_PROC</td><td>process, exit
 * status</td></tr>
 * <tr><th scope="row">{@link org.kqueue.nio.channels.VnodeChannel}</th><td>EVFILT_VNODE</td><td>path, what
 * changed</td></tr>
 * <tr><th scope="row">{@link org.kqueue.nio.channels.UserEventChannel}</th><td>EVFILT_USER</td><td>what was
 * published</td></tr>
 * <tr><th scope="row">{@link org.kqueue.nio.channels.EdgeChannel}</th><td>EVFILT_READ, EVFILT_WRITE</td>
 * <td>channels that became ready, edge triggered</td></tr>
 * </tbody>
 * </table>
 *
 * <p>Readiness is level triggered, as for every channel: a key is ready until all that happened is read. A key can be
 * ready and a read find nothing, where another reader was faster, and on Linux in two more cases: the attributes of a
 * watched file changed and only its removal was asked for; a socket of an {@code EdgeChannel} woke up and was no
 * readier than before. {@code read} then returns null, or 0.
 *
 * <p>A channel is a kqueue of its own and costs what that costs: one descriptor on macOS and BSD; on Linux two, and
 * those that its timers, processes and files need. They need not run under our selector: in blocking mode each can be
 * read by a thread that waits.
 */
package org.kqueue.nio.channels;
