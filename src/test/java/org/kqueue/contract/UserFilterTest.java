package org.kqueue.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.Filter;
import org.kqueue.Kqueue;

/** EVFILT_USER. */
class UserFilterTest extends Contract {

    @BeforeEach
    void needsUserEvents() {
        needs(Filter.EVFILT_USER);
    }

    @Test
    void repeatsFromItsTriggerOnUntilItIsCleared() {
        assertEquals("", kevent("1 USER ADD u=7"));
        assertEquals("1 USER 0 u=7", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("1 USER 0 u=7", poll());
        freebsdRule();
        assertEquals("", kevent("1 USER CLEAR u=7"));
        assertEquals("", kevent("1 USER DISABLE u=7"));
        assertEquals("", kevent("1 USER ENABLE u=7"));
        assertEquals("", kevent("1 USER ADD u=8"));
        assertEquals("", kevent("1 USER ADD|CLEAR u=8"));
        assertEquals("", kevent("1 USER DELETE"));
        assertEquals("1 USER ERROR ENOENT", kevent("1 USER DELETE"));
    }

    @Test
    void withClearTriggersBeforeTheWaitAreOneEvent() {
        assertEquals("", kevent("1 USER ADD|CLEAR u=7"));
        String[] triggers = new String[100];
        java.util.Arrays.fill(triggers, "1 USER 0 f=TRIGGER u=7");
        assertEquals("", kevent(kq, 0, 0, triggers));
        assertEquals("1 USER CLEAR u=7", poll());
        assertEquals("", poll());
    }

    @Test
    void theTriggerOfANewKnoteIsLost() {
        freebsdRule();
        assertEquals("", kevent("1 USER ADD|CLEAR f=TRIGGER u=7"));
        assertEquals("", kevent("1 USER ADD|CLEAR f=TRIGGER u=7"));
        assertEquals("1 USER CLEAR f=1000000 u=7", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("", kevent("2 USER ADD f=TRIGGER"));
        assertEquals("2 USER 0 f=1000000", kevent("2 USER ADD f=TRIGGER"));
        assertEquals("2 USER 0 f=1000000; 3 USER CLEAR", kevent("3 USER ADD|CLEAR", "3 USER 0 f=TRIGGER"));
    }

    @Test
    void storedBits() {
        freebsdRule();
        assertEquals("", kevent("1 USER ADD|CLEAR f=c00000ff u=7"));
        assertEquals("1 USER CLEAR f=c00000ff u=7", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("1 USER CLEAR f=f0 u=7", kevent("1 USER 0 f=c10000f0 u=7"));
        assertEquals("1 USER CLEAR f=ff u=7", kevent("1 USER 0 f=8100000f u=7"));
        assertEquals("", kevent("1 USER 0 f=4000003c u=7"));
        assertEquals("1 USER CLEAR f=3c u=7", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("", kevent(kq, 0, 0, "1 USER 0 f=81000001 u=7", "1 USER 0 f=81000002 u=7"));
        assertEquals("1 USER CLEAR f=3f u=7", poll());
        assertEquals("1 USER CLEAR f=3f u=7", kevent("1 USER 0 f=1000012 u=7"));
        assertEquals("", kevent("3 USER ADD f=4000000"));
        assertEquals("3 USER 0 f=4000000", kevent("3 USER 0 f=TRIGGER"));
    }

    @Test
    void dataAndUdataAreTheTriggers() {
        freebsdRule();
        assertEquals("", kevent("1 USER ADD|CLEAR d=11 u=7"));
        assertEquals("1 USER CLEAR d=42 u=99", kevent("1 USER 0 f=TRIGGER d=42 u=99"));
        assertEquals("1 USER CLEAR u=98", kevent("1 USER 0 f=TRIGGER u=98"));
        assertEquals("1 USER CLEAR", kevent("1 USER 0 f=TRIGGER"));
    }

    @Test
    void dispatch() {
        freebsdRule();
        assertEquals("", kevent("1 USER ADD|CLEAR|DISPATCH u=7"));
        assertEquals("1 USER CLEAR|DISPATCH u=7", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("1 USER CLEAR|DISPATCH u=7", kevent("1 USER ENABLE u=7"));
        assertEquals("", kevent("1 USER ENABLE u=7"));
        assertEquals("", kevent("2 USER ADD|DISPATCH u=7"));
        assertEquals("2 USER DISPATCH u=7", kevent("2 USER 0 f=TRIGGER u=7"));
        assertEquals("2 USER DISPATCH u=7", kevent("2 USER ENABLE u=7"), "without CLEAR it is still triggered");
        assertEquals("2 USER DISPATCH u=7", kevent("2 USER ENABLE f=TRIGGER u=7"));
        assertEquals("", poll());
    }

    @Test
    void aTriggerWhileDisabledIsKept() {
        assertEquals("", kevent("1 USER ADD|CLEAR u=7", "1 USER DISABLE u=7"));
        assertEquals("", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("1 USER CLEAR u=7", kevent("1 USER ENABLE u=7"));
        assertEquals("", kevent(kq, 0, 0, "1 USER 0 f=TRIGGER u=7"));
        assertEquals("", kevent("1 USER DISABLE u=7"));
        assertEquals("", poll());
        assertEquals("1 USER CLEAR u=7", kevent("1 USER ENABLE u=7"));
    }

    @Test
    void deletedWhileQueuedItIsSilent() {
        assertEquals("", kevent("1 USER ADD|CLEAR"));
        assertEquals("", kevent(kq, 0, 0, "1 USER 0 f=TRIGGER"));
        assertEquals("", kevent("1 USER DELETE"));
        assertEquals("", poll());
    }

    @Test
    void oneshotIsDeletedByItsEvent() {
        assertEquals("", kevent("1 USER ADD|ONESHOT u=7"));
        assertEquals("1 USER ONESHOT u=7", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("1 USER ERROR ENOENT u=7", kevent("1 USER 0 f=TRIGGER u=7"));
        assertEquals("ENOENT", kevent(kq, 0, 0, "1 USER 0 f=TRIGGER"));
    }

    @Test
    void identsAreFreeAndSeparateFromDescriptors() throws Exception {
        pair();
        write("a", 1);
        Kqueue other = another();
        String ident = Integer.toString(fd("b"));
        assertEquals("b READ 0 d=1 u=1", kevent("b READ ADD u=1", ident + " USER ADD u=2"));
        assertEquals("", kevent(other, 4, 0, ident + " USER ADD u=3"));
        assertEquals("", kevent("-1 USER ADD|CLEAR", "9223372036854775807 USER ADD|CLEAR", "b READ DELETE"));
        assertEquals("-1 USER CLEAR", kevent("-1 USER 0 f=TRIGGER"));
        assertEquals("9223372036854775807 USER CLEAR", kevent("9223372036854775807 USER 0 f=TRIGGER"));
        assertEquals(ident + " USER 0 u=3", kevent(other, 4, 0, ident + " USER 0 f=TRIGGER u=3"));
        assertEquals("", poll());
    }

    @Test
    void firstTriggeredFirstDelivered() {
        assertEquals("", kevent("1 USER ADD", "2 USER ADD", "3 USER ADD", "4 USER ADD"));
        assertEquals("", kevent(kq, 0, 0, "3 USER 0 f=TRIGGER", "1 USER 0 f=TRIGGER", "4 USER 0 f=TRIGGER",
                "2 USER 0 f=TRIGGER"));
        assertEquals("3 USER 0; 1 USER 0", kevent(kq, 2, 0));
        assertEquals("4 USER 0; 2 USER 0", kevent(kq, 2, 0));
        assertEquals("3 USER 0; 1 USER 0; 4 USER 0", kevent(kq, 3, 0));
        assertEquals("2 USER 0; 3 USER 0; 1 USER 0; 4 USER 0", poll());
    }

    @Test
    void sharesAShortListWithDescriptors() {
        pair();
        assertEquals("", kevent(kq, 0, 0, "a WRITE ADD", "b WRITE ADD", "1 USER ADD", "2 USER ADD",
                "1 USER 0 f=TRIGGER",
                "2 USER 0 f=TRIGGER"));
        java.util.Set<String> seen = new java.util.TreeSet<>();
        for (int i = 0; i < 8; i++) {
            seen.add(kevent(kq, 1, 0));
        }
        assertEquals(java.util.Set.of("a WRITE 0", "b WRITE 0", "1 USER 0", "2 USER 0"), seen);
    }

    @Test
    void forceOneshot() {
        freebsdRule();
        org.junit.jupiter.api.Assumptions.assumeTrue(kq.layout().forceOneshot() != 0,
                "EV_FORCEONESHOT is FreeBSD's");
        assertEquals("", kevent("1 USER ADD u=7"));
        assertEquals("1 USER ONESHOT u=7", kevent("1 USER FORCEONESHOT u=7"));
        assertEquals("1 USER ERROR ENOENT", kevent("1 USER DELETE"));
        assertEquals("", kevent("2 USER ADD|DISABLE u=7"));
        assertEquals("2 USER ONESHOT u=7", kevent("2 USER ENABLE|FORCEONESHOT u=7"));
    }
}
