package org.kqueue.nio.channels;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.Kqueue;

/**
 * Signals that are sent to this process, read in the loop instead of handled on a thread of the JVM's choice
 * ({@code EVFILT_SIGNAL}).
 *
 * <pre>{@code
 * SignalChannel signals = SignalChannel.open("TERM", "HUP");
 * signals.configureBlocking(false);
 * signals.register(selector, SelectionKey.OP_READ);
 * }</pre>
 *
 * <p>While a channel watches a signal, its action is to do nothing: the JVM does not shut down at a TERM, INT or HUP,
 * and runs no shutdown hooks; that is now the program's to do. When the last channel for it is closed the action is
 * again what it was. A close waits until the JVM has handled the signals that were read, at most a second. An exception
 * is USR2, whose handler HotSpot needs itself.
 *
 * <p>What the JVM needs for itself is refused by name: SEGV, BUS, FPE, ILL, TRAP, ABRT, QUIT, PIPE and XFSZ; so are
 * KILL and STOP. HotSpot stops threads by USR2 when Flight Recorder samples them: those signals are read as well, so
 * prefer USR1. A HUP, INT or TERM that the process was started to ignore, as nohup does with HUP, is read on a system's
 * kqueue only: the JVM leaves it ignored.
 */
public abstract class SignalChannel extends EventChannel {

    private final Map<Integer, SignalHandling.Suppression> byNumber = new LinkedHashMap<>();

    SignalChannel(Kqueue kqueue, String[] signals) throws IOException {
        super(kqueue);
        boolean done = false;
        try {
            for (String signal : new LinkedHashSet<>(List.of(signals))) {
                // First the action, then the knote: a signal in between is lost, but does not end the process.
                SignalHandling.Suppression suppression = SignalHandling.suppress(signal);
                byNumber.put(suppression.number(), suppression);
                kqueue.add(Filter.signal(suppression.number()));
            }
            done = true;
        } finally {
            if (!done) {
                restoreActions();
            }
        }
    }

    /**
     * Watches signals from now on.
     *
     * @param signals by name, with or without {@code SIG}; at least one
     * @return a new channel, in blocking mode
     * @throws IllegalArgumentException for a signal that is reserved or unknown; the message names it
     * @throws UnsupportedOperationException where the kqueue has no {@code EVFILT_SIGNAL}, or this Java no
     *     jdk.unsupported
     * @throws IOException if the system refuses
     */
    public static SignalChannel open(String... signals) throws IOException {
        if (signals.length == 0) {
            throw new IllegalArgumentException("no signal is named");
        }
        SignalHandling.require();
        String[] names = Stream.of(signals).map(SignalHandling::checkedName).toArray(String[]::new);
        return open(Filter.EVFILT_SIGNAL, kqueue -> Leaves.signal(kqueue, names));
    }

    /**
     * Sends a signal to this process, as {@code kill(getpid(), ...)} does.
     *
     * @param signal by name, with or without {@code SIG}
     * @throws IllegalArgumentException for a signal that {@link #open} refuses
     * @throws UnsupportedOperationException where this Java has no jdk.unsupported
     */
    public static void raise(String signal) {
        SignalHandling.require();
        SignalHandling.raise(SignalHandling.checkedName(signal));
    }

    /**
     * Reads the next signal. In blocking mode waits for one.
     *
     * @return the signal and how often it was sent; null if there is none in non-blocking mode
     * @throws java.nio.channels.ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public SignalEvent read() throws IOException {
        return readOne(this::translate);
    }

    /**
     * Reads what is there. In blocking mode waits for the first.
     *
     * @param into where events are added, one for each signal that was sent
     * @param max the most to add
     * @return the number added
     * @throws java.nio.channels.ClosedChannelException if the channel is closed, before or while this method waits
     * @throws IOException if the kernel refuses
     */
    public int read(Collection<? super SignalEvent> into, int max) throws IOException {
        return readMany(into, max, this::translate);
    }

    private SignalEvent translate(EventList events, int index) {
        int number = (int) events.ident(index);
        long count = events.data(index);
        SignalHandling.Suppression suppression = byNumber.get(number);
        suppression.read(count);
        return new SignalEvent(suppression.name(), number, count);
    }

    @Override
    void disarm() throws IOException {
        try {
            for (int number : byNumber.keySet()) {
                kqueue.delete(Filter.signal(number));
            }
        } finally {
            restoreActions();
        }
    }

    private void restoreActions() {
        byNumber.values().forEach(SignalHandling.Suppression::end);
    }

    @Override
    String watched() {
        return byNumber.values().stream().map(SignalHandling.Suppression::name).collect(Collectors.joining(", "));
    }
}
