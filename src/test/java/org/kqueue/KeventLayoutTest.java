package org.kqueue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.jna.Pointer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The layouts against bytes and numbers that were written down from the systems' headers; little-endian. */
class KeventLayoutTest {

    private static KeventLayout layout(String abi) {
        return KeventLayout.of(abi);
    }

    /** ident 0x1122, EVFILT_USER, EV_ADD|EV_CLEAR, fflags 0x01000003, data -2, udata 0x7766554433221100. */
    @ParameterizedTest
    @CsvSource({
        "macos,     2211000000000000 f6ff 2100 03000001 feffffffffffffff 0011223344556677",
        "freebsd11, 2211000000000000 f5ff 2100 03000001 feffffffffffffff 0011223344556677",
        "libkqueue, 2211000000000000 f5ff 2100 03000001 feffffffffffffff 0011223344556677",
        "openbsd,   2211000000000000 f6ff 2100 03000001 feffffffffffffff 0011223344556677",
        "dragonfly, 2211000000000000 f7ff 2100 03000001 feffffffffffffff 0011223344556677",
        "freebsd,   2211000000000000 f5ff 2100 03000001 feffffffffffffff 0011223344556677"
            + " 0000000000000000 0000000000000000 0000000000000000 0000000000000000",
        "netbsd,    2211000000000000 08000000 21000000 03000001 00000000 feffffffffffffff 0011223344556677",
        "netbsd11,  2211000000000000 08000000 21000000 03000001 00000000 feffffffffffffff 0011223344556677"
            + " 0000000000000000 0000000000000000 0000000000000000 0000000000000000",
    })
    void writesTheBytesOfTheHeader(String abi, String bytes) {
        KeventLayout layout = layout(abi);
        ChangeList list = new ChangeList(layout, 2).add(0, 0, 0, 0, 0, 0)
                .add(0x1122, Filter.EVFILT_USER, 0x21, 0x01000003, -2, 0x7766554433221100L);
        byte[] expected = HexFormat.of().parseHex(bytes.replace(" ", ""));
        assertEquals(expected.length, layout.size());
        assertArrayEquals(expected, new Pointer(list.address()).getByteArray(layout.size(), layout.size()));
        assertEquals(Filter.EVFILT_USER, list.filter(1));
        assertEquals(0x1122, list.ident(1));
        assertEquals(0x21, list.flags(1));
        assertEquals(0x01000003, list.fflags(1));
        assertEquals(-2, list.data(1));
        assertEquals(0x7766554433221100L, list.udata(1));
    }

    /** Offsets of ident, filter, flags, fflags, data, udata; size. */
    @ParameterizedTest
    @CsvSource({
        "macos,     0, 8, 10, 12, 16, 24, 32", "freebsd,  0, 8, 10, 12, 16, 24, 64",
        "freebsd11, 0, 8, 10, 12, 16, 24, 32", "libkqueue, 0, 8, 10, 12, 16, 24, 32",
        "openbsd,   0, 8, 10, 12, 16, 24, 32", "dragonfly, 0, 8, 10, 12, 16, 24, 32",
        "netbsd,    0, 8, 12, 16, 24, 32, 40", "netbsd11, 0, 8, 12, 16, 24, 32, 72",
    })
    void hasTheOffsetsOfTheHeader(String abi, int ident, int filter, int flags, int fflags, int data, int udata,
            int size) {
        KeventLayout layout = layout(abi);
        assertArrayEquals(new int[] {ident, filter, flags, fflags, data, udata, size},
                new int[] {layout.identOffset(), layout.filterOffset(), layout.flagsOffset(), layout.fflagsOffset(),
                    layout.dataOffset(), layout.udataOffset(), layout.size()});
    }

    /** READ, WRITE, AIO, VNODE, PROC, SIGNAL, TIMER, USER. */
    @ParameterizedTest
    @CsvSource({
        "macos,   -1, -2, -3, -4, -5, -6, -7, -10", "freebsd,   -1, -2, -3, -4, -5, -6, -7, -11",
        "openbsd, -1, -2, -3, -4, -5, -6, -7, -10", "freebsd11, -1, -2, -3, -4, -5, -6, -7, -11",
        "netbsd,   0,  1,  2,  3,  4,  5,  6,   8", "dragonfly, -1, -2, -3, -4, -5, -6, -7,  -9",
        "netbsd11, 0,  1,  2,  3,  4,  5,  6,   8", "libkqueue, -1, -2, -3, -4, -5, -6, -7, -11",
    })
    void hasTheFilterNumbersOfTheHeader(String abi, int read, int write, int aio, int vnode, int proc, int signal,
            int timer, int user) {
        KeventLayout layout = layout(abi);
        int[] numbers = {read, write, aio, vnode, proc, signal, timer, user};
        Filter[] filters = {Filter.EVFILT_READ, Filter.EVFILT_WRITE, Filter.EVFILT_AIO, Filter.EVFILT_VNODE,
            Filter.EVFILT_PROC, Filter.EVFILT_SIGNAL, Filter.EVFILT_TIMER, Filter.EVFILT_USER};
        for (int i = 0; i < numbers.length; i++) {
            assertEquals(numbers[i], layout.number(filters[i]), filters[i].toString());
            assertEquals(filters[i], layout.filter(numbers[i]));
        }
        assertNull(layout.filter(100));
    }

    /** NOTE_SECONDS, MSECONDS, USECONDS, NSECONDS, ABSTIME. */
    @ParameterizedTest
    @CsvSource({"macos, 1, 0, 2, 4, 8", "freebsd, 1, 2, 4, 8, 16", "openbsd, 1, 0, 2, 3, 16", "netbsd, 1, 0, 2, 3, 16",
        "libkqueue, 1, 0, 2, 4, 8"})
    void hasTheTimerUnitsOfTheHeader(String abi, int s, int ms, int us, int ns, int absolute) {
        KeventLayout layout = layout(abi);
        assertArrayEquals(new int[] {s, ms, us, ns, absolute}, new int[] {layout.number(Note.NOTE_SECONDS),
            layout.number(Note.NOTE_MSECONDS), layout.number(Note.NOTE_USECONDS), layout.number(Note.NOTE_NSECONDS),
            layout.number(Note.NOTE_ABSTIME)});
    }

    /** The symbol of kevent, size_t counts, EV_DISPATCH as a selector needs it, any signal, EV_FORCEONESHOT, hints. */
    @ParameterizedTest
    @CsvSource({
        "macos,     kevent,      false, true,  false, 0,   112", "freebsd, kevent, false, true, true, 256, 0",
        "freebsd11, kevent,      false, true,  true,  256, 0",   "openbsd, kevent, false, true, false, 0, 0",
        "netbsd,    __kevent50,  true,  false, false, 0,   0",   "dragonfly, kevent, false, true, false, 0, 0",
        "libkqueue, kevent,      false, true,  false, 0,   0",
        "netbsd11,  __kevent100, true,  false, false, 0,   0",
    })
    void knowsWhatTheSystemDoesOtherwise(String abi, String symbol, boolean sizeT, boolean dispatches,
            boolean anySignal, int forceOneshot, int timerHints) {
        KeventLayout layout = layout(abi);
        assertEquals(symbol, layout.keventSymbol());
        assertEquals(sizeT, layout.countsInSizeT());
        assertEquals(dispatches, layout.dispatches());
        assertEquals(anySignal, layout.takesAnySignal());
        assertEquals(forceOneshot, layout.forceOneshot());
        assertEquals(timerHints, layout.timerHints());
    }

    @Test
    void namesWhatASystemDoesNotHave() {
        UnsupportedOperationException e = assertThrows(UnsupportedOperationException.class,
                () -> layout("netbsd").number(Filter.EVFILT_MACHPORT));
        assertEquals("EVFILT_MACHPORT does not exist in the netbsd ABI", e.getMessage());
        assertThrows(UnsupportedOperationException.class, () -> layout("dragonfly").number(Note.NOTE_NSECONDS));
    }

    @Test
    void flagsAreUnsignedAndFiltersSigned() {
        for (String abi : new String[] {"freebsd", "netbsd"}) {
            ChangeList list = new ChangeList(layout(abi), 1).add(-1, -1, 0xC000, -1, -1, -1);
            assertEquals(0xC000, list.flags(0));
            assertEquals(-1, list.filterNumber(0));
            assertEquals(-1, list.fflags(0));
            assertEquals(-1, list.ident(0));
        }
    }

    @Test
    void listsGrowAndKeepWhatTheyHold() {
        ChangeList list = new ChangeList(layout("netbsd11"), 0);
        for (int i = 0; i < 10_000; i++) {
            list.add(i, Filter.EVFILT_READ, KeventFlags.EV_ADD, -i);
        }
        for (int i = 0; i < 10_000; i++) {
            assertEquals(i, list.ident(i));
            assertEquals(-i, list.udata(i));
        }
        assertEquals(0, list.clear().size());
        assertThrows(IndexOutOfBoundsException.class, () -> list.ident(0));
        EventList events = new EventList(layout("freebsd"), 2);
        events.append(1, -1, 0, 0, 0, 0);
        events.append(2, -1, 0, 0, 0, 0);
        assertThrows(IllegalStateException.class, () -> events.append(3, -1, 0, 0, 0, 0));
        assertEquals(100, events.resize(100).capacity());
        assertEquals(0, events.size());
        events.prepare(5_000);
        assertEquals(100, events.capacity(), "room in memory is not room for events");
        events.filled(101);
        assertEquals(100, events.size());
        assertThrows(IllegalArgumentException.class, () -> new EventList(layout("freebsd"), -1));
        assertThrows(IllegalArgumentException.class, () -> new ChangeList(layout("freebsd"), -1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '>', value = {
        "freebsd > 7 -1 0x21 0 0 0            > EVFILT_READ ident=7 EV_ADD|EV_CLEAR",
        "netbsd  > 7 0 0x8000 54 12 255       > EVFILT_READ ident=7 EV_EOF fflags=ECONNRESET data=12 udata=0xff",
        "freebsd > 7 -1 0x4000 0 2 0          > EVFILT_READ ident=7 EV_ERROR data=ENOENT",
        "openbsd > 1 -10 0 0x01000000 0 0     > EVFILT_USER ident=1 0 fflags=NOTE_TRIGGER",
        "netbsd  > 1 6 1 3 5 0                > EVFILT_TIMER ident=1 EV_ADD fflags=NOTE_NSECONDS data=5",
        "freebsd > 1 -99 0x100 0 0 0          > filter -99 ident=1 0x100",
    })
    void printsKeventsByName(String abi, String fields, String text) {
        String[] f = fields.strip().split(" +");
        assertEquals(text, KeventFormat.format(layout(abi), Long.parseLong(f[0]), Integer.parseInt(f[1]),
                Integer.decode(f[2]), Integer.decode(f[3]), Long.parseLong(f[4]), Long.parseLong(f[5])));
    }

    @Test
    void translatesErrnosByName() {
        assertEquals("EAGAIN", Errno.name(35, Errno.Numbering.BSD));
        assertEquals("EAGAIN", Errno.name(11, Errno.Numbering.LINUX));
        assertEquals(54, Errno.translate(104, Errno.Numbering.LINUX, Errno.Numbering.BSD));
        assertEquals(111, Errno.translate(61, Errno.Numbering.BSD, Errno.Numbering.LINUX));
        assertEquals(2, Errno.translate(2, Errno.Numbering.LINUX, Errno.Numbering.BSD));
        assertEquals("errno 200", Errno.name(200, Errno.Numbering.BSD));
        assertEquals(200, Errno.translate(200, Errno.Numbering.BSD, Errno.Numbering.LINUX));
        assertEquals(104, Errno.number("ECONNRESET", Errno.Numbering.LINUX));
        assertEquals(2, Errno.number("ENOENT", Errno.Numbering.BSD));
        assertThrows(IllegalArgumentException.class, () -> Errno.number("EWHAT", Errno.Numbering.BSD));
    }
}
