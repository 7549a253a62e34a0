package org.kqueue.bsd;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;
import org.kqueue.ChangeList;
import org.kqueue.EventList;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.KeventLayout;

/**
 * What a library that is no kernel may do otherwise than a kernel, found out once by trying it on a kqueue made for it.
 */
final class LibraryHabits {

    private static final int DEADLINE_SECONDS = 1;
    /** More memory than two kevents of any ABI take: the library may speak another one. */
    private static final int ROOM = 8;

    private final SystemLibrary library;
    // guarded by this: all below
    private boolean known;
    private boolean answersAsKernel;
    private List<String> otherAbis = List.of();
    /** Null until somebody asks. */
    private Boolean watchesKqueues;

    LibraryHabits(SystemLibrary library) {
        this.library = library;
    }

    /**
     * Whether a change that fails is answered as by a kernel: at once, with no event beside the answer. Libkqueue goes
     * on to wait for events where the list has room left, and if none comes the answer is lost.
     */
    synchronized boolean answersAsKernel() throws KeventException {
        find();
        return answersAsKernel;
    }

    /**
     * The ABIs that the library speaks as far as one can see, if it does not speak the one it was loaded for: its
     * kevents are larger or smaller. Empty if it does, or where that does not show.
     */
    synchronized List<String> otherAbis() throws KeventException {
        find();
        return otherAbis;
    }

    /** Whether a kqueue is readable while it has an event, and only then. Libkqueue's is the end of a pipe. */
    synchronized boolean watchesKqueues() {
        if (watchesKqueues == null && library.hasPipe()) {
            try {
                int watched = library.kqueue();
                try {
                    int watching = library.kqueue();
                    try {
                        watchesKqueues = isWatched(watched, watching);
                    } finally {
                        library.close(watching);
                    }
                } finally {
                    library.close(watched);
                }
            } catch (IOException e) {
                // No descriptor left: the next call asks again.
                return true;
            }
        }
        return !Boolean.FALSE.equals(watchesKqueues);
    }

    private boolean isWatched(int watched, int watching) throws IOException {
        EventList events = new EventList(library.layout(), 2);
        boolean silent = poll(watching, change(watched, Filter.EVFILT_READ, KeventFlags.EV_ADD), events) == 0;
        int[] ends = library.pipe();
        try {
            poll(watched, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_ADD), events);
            return silent && poll(watching, null, events) == 1 && events.ident(0) == watched;
        } finally {
            library.close(ends[0]);
            library.close(ends[1]);
        }
    }

    private void find() throws KeventException {
        if (known) {
            return;
        }
        int kq = library.kqueue();
        try {
            if (library.hasPipe()) {
                otherAbis = tryAbis(kq);
            }
            answersAsKernel = tryFailure(kq);
            known = true;
        } finally {
            library.close(kq);
        }
    }

    /** With an event that will come while it would wait. */
    private boolean tryFailure(int kq) {
        EventList events = new EventList(library.layout(), 2);
        int filter = library.layout().number(Filter.EVFILT_TIMER);
        ChangeList changes = new ChangeList(library.layout(), ROOM)
                .add(1, filter, KeventFlags.EV_ADD | KeventFlags.EV_ONESHOT, 0, 1, 1)
                .add(2, filter, KeventFlags.EV_DELETE, 0, 0, 2);
        boolean alone = kevent(kq, changes, events, DEADLINE_SECONDS) == 1 && events.isChangeResult(0)
                && events.ident(0) == 2;
        // Gone already if it was delivered.
        kevent(kq, changes.clear().add(1, filter, KeventFlags.EV_DELETE, 0, 0, 1), events, 0);
        return alone;
    }

    /** With both ends of a pipe ready: two events show how large one is. */
    private List<String> tryAbis(int kq) throws KeventException {
        int[] ends = library.pipe();
        ByteBuffer content = ByteBuffer.allocateDirect(1);
        EventList events = new EventList(library.layout(), 2);
        try {
            poll(kq, change(ends[0], Filter.EVFILT_READ, KeventFlags.EV_ADD), events);
            library.calls().write(ends[1], Pointer.nativeValue(Native.getDirectBufferPointer(content)), 1);
            poll(kq, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_ADD), events);
            if (poll(kq, null, events) != 2 || isReadAndWrite(library.layout(), events, ends)) {
                return List.of();
            }
            return KeventLayout.names().stream().filter(abi -> isReadAndWrite(KeventLayout.of(abi), events, ends))
                    .toList();
        } finally {
            // A library need not see the close that follows.
            poll(kq, change(ends[0], Filter.EVFILT_READ, KeventFlags.EV_DELETE), events);
            poll(kq, change(ends[1], Filter.EVFILT_WRITE, KeventFlags.EV_DELETE), events);
            library.close(ends[0]);
            library.close(ends[1]);
        }
    }

    private ChangeList change(int fd, Filter filter, int flags) {
        return new ChangeList(library.layout(), ROOM).add(fd, filter, flags, 0);
    }

    /** Whether two events are those of the pipe's ends, if they are read in a layout. */
    private static boolean isReadAndWrite(KeventLayout layout, EventList events, int[] ends) {
        Pointer memory = new Pointer(events.address());
        int found = 0;
        for (int at = 0; at < 2 * layout.size(); at += layout.size()) {
            long ident = memory.getLong(at + layout.identOffset());
            int filter = layout.filterWidth() == Integer.BYTES ? memory.getInt(at + layout.filterOffset())
                    : memory.getShort(at + layout.filterOffset());
            found |= ident == ends[0] && filter == layout.number(Filter.EVFILT_READ) ? 1 : 0;
            found |= ident == ends[1] && filter == layout.number(Filter.EVFILT_WRITE) ? 2 : 0;
        }
        return found == 3;
    }

    private int poll(int kq, ChangeList changes, EventList events) {
        return kevent(kq, changes, events, 0);
    }

    private int kevent(int kq, ChangeList changes, EventList events, int seconds) {
        events.prepare(ROOM);
        long changelist = changes == null ? 0 : changes.address();
        int nchanges = changes == null ? 0 : changes.size();
        int n = library.kevent().kevent(kq, changelist, nchanges, events.address(), events.capacity(),
                events.timespec(seconds, 0));
        Reference.reachabilityFence(changes);
        events.filled(Math.max(n, 0));
        return n;
    }
}
