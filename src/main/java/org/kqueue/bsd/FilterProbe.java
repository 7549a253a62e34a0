package org.kqueue.bsd;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.kqueue.ChangeList;
import org.kqueue.Errno;
import org.kqueue.Filter;
import org.kqueue.KeventException;
import org.kqueue.KeventFlags;
import org.kqueue.Kqueue;
import org.kqueue.Note;

/**
 * Which filters work on a library's kernel, found out by trying each on a kqueue made for it, once. A filter that needs
 * no descriptor is really added. One that does is asked for with a bad descriptor; how a kernel refuses that tells
 * whether it has the filter.
 */
final class FilterProbe {

    /** {@code SIGWINCH}: the same number everywhere, ignored by default. */
    private static final int HARMLESS_SIGNAL = 28;

    private final SystemLibrary library;
    // guarded by this
    private final Map<Filter, Boolean> known = new EnumMap<>(Filter.class);

    FilterProbe(SystemLibrary library) {
        this.library = library;
    }

    synchronized boolean supports(Filter filter) {
        if (!library.layout().has(filter)) {
            return false;
        }
        Boolean answer = known.get(filter);
        if (answer == null) {
            try (Kqueue scratch = new SystemKqueue(library, library.layout())) {
                answer = isKnown(scratch, filter);
            } catch (IOException e) {
                // No descriptor left: the next call asks again.
                return true;
            }
            known.put(filter, answer);
        }
        return answer;
    }

    private static boolean isKnown(Kqueue scratch, Filter filter) throws IOException {
        ChangeList change = scratch.newChangeList(1);
        int add = KeventFlags.EV_ADD;
        switch (filter) {
            case EVFILT_AIO, EVFILT_LIO, EVFILT_SENDFILE -> {
                // Made by aio_read(2), lio_listio(2) and sendfile(2). FreeBSD refuses a change with EPERM.
                return false;
            }
            case EVFILT_USER -> change.add(0, filter, add, 0);
            case EVFILT_TIMER -> change.add(0, filter, add, 0, 1_000_000, 0);
            case EVFILT_SIGNAL -> change.add(HARMLESS_SIGNAL, filter, add, 0);
            case EVFILT_PROC -> change.add(ProcessHandle.current().pid(), filter, add,
                    scratch.layout().number(Note.NOTE_EXIT), 0, 0);
            default -> change.add(-1, filter, add, 0);
        }
        try {
            scratch.kevent(change, null, 0);
            return true;
        } catch (KeventException e) {
            return switch (filter) {
                case EVFILT_USER, EVFILT_TIMER -> e.errno() == Errno.ENOMEM;
                // ENXIO: FreeBSD's for a filter whose module is not loaded. EOPNOTSUPP: macOS' for one it only names.
                default -> !List.of("EINVAL", "ENXIO", "ENOSYS", "EOPNOTSUPP").contains(e.errnoName());
            };
        }
    }
}
