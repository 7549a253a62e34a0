package org.kqueue;

import java.io.Closeable;
import java.io.IOException;

/**
 * Ends a wait on a {@link Kqueue} from any thread. Made by {@link Kqueue#newWakeup}, which registers it; when
 * signalled, the wait returns an event that carries the wakeup's udata. Signals before the event is taken are one
 * event.
 */
public interface Wakeup extends Closeable {

    /**
     * Makes the event active. Any thread; takes no lock that a waiting thread holds while it waits.
     *
     * @throws IOException if the native call fails
     */
    void signal() throws IOException;

    /**
     * To be called by the waiting thread when it has taken the event, before it looks at what was published.
     *
     * @throws IOException if the native call fails
     */
    void acknowledge() throws IOException;

    /**
     * Removes the registration and gives back what it holds. To be called before the kqueue is closed.
     *
     * @throws IOException if the native call fails
     */
    @Override
    void close() throws IOException;
}
