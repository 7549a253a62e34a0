package org.kqueue.linux;

import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.Wakeup;
import org.kqueue.nio.jdk.JdkChannels;

/** All that a selector does with its kqueue, in a JVM of its own. Prints what it has seen. */
final class FirstKqueue {

    private FirstKqueue() {
    }

    public static void main(String[] arguments) throws Exception {
        JdkChannels.open();
        List<String> seen = new ArrayList<>();
        try (Kqueue kq = Kqueue.open(KqueueConfig.fromSystemProperties().withDetail(KqueueConfig.Detail.READINESS));
                ServerSocketChannel idle = ServerSocketChannel.open().bind(null)) {
            Wakeup wakeup = kq.newWakeup(-1);
            Pipe pipe = Pipe.open();
            ChangeList changes = kq.newChangeList(4).add(fd(idle), Filter.EVFILT_READ, KeventFlags.EV_ADD, 0)
                    .add(fd(pipe.source()), Filter.EVFILT_READ, KeventFlags.EV_ADD | KeventFlags.EV_DISPATCH, 0);
            EventList events = kq.newEventList(8);
            seen.add("events " + kq.kevent(changes, events, 0));
            pipe.sink().close();
            seen.add("end of pipe " + kq.kevent(null, events, Kqueue.FOREVER));
            seen.add("dispatched " + kq.kevent(null, events, 1_500_000));
            wakeup.signal();
            seen.add("wakeup " + kq.kevent(null, events, Kqueue.FOREVER));
            kq.forget(fd(pipe.source()));
            pipe.source().close();
            seen.add("forgotten " + kq.kevent(null, events, 0));
            wakeup.close();
        }
        System.out.println(String.join(", ", seen));
    }

    private static int fd(SelectableChannel channel) {
        return JdkChannels.fd(channel);
    }
}
