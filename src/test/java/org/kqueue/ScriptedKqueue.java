package org.kqueue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;

/**
 * A Kqueue whose calls are answered by a script, for what the core does around them. Calls beyond the script return 0.
 */
final class ScriptedKqueue extends Kqueue {

    /** One call as the backend saw it: the changes as text, and the timeout. */
    record Call(String changes, long timeoutNanos) {
    }

    static final KeventLayout LAYOUT = new KeventLayoutBuilder("scripted")
            .filter(Filter.EVFILT_READ, -1).filter(Filter.EVFILT_WRITE, -2).filter(Filter.EVFILT_USER, -11)
            .filter(Filter.EVFILT_TIMER, -7).filter(Filter.EVFILT_PROC, -5).filter(Filter.EVFILT_VNODE, -4)
            .note(Note.NOTE_TRIGGER, 0x01000000).note(Note.NOTE_FFNOP, 0).note(Note.NOTE_FFAND, 0x40000000)
            .note(Note.NOTE_FFOR, 0x80000000).note(Note.NOTE_FFCOPY, 0xC0000000).note(Note.NOTE_LOWAT, 1)
            .note(Note.NOTE_EXIT, 0x80000000).note(Note.NOTE_WRITE, 2)
            .note(Note.NOTE_SECONDS, 1).note(Note.NOTE_MSECONDS, 2).note(Note.NOTE_USECONDS, 4)
            .note(Note.NOTE_NSECONDS, 8).note(Note.NOTE_ABSTIME, 0x10)
            .build();

    final List<Call> seen = new ArrayList<>();
    final AtomicInteger released = new AtomicInteger();
    final CountDownLatch waiting = new CountDownLatch(1);
    private final Deque<ToIntFunction<EventList>> answers = new ArrayDeque<>();
    private final CountDownLatch interrupted = new CountDownLatch(1);

    ScriptedKqueue() {
        super(LAYOUT);
    }

    ScriptedKqueue answer(ToIntFunction<EventList> answer) {
        answers.add(answer);
        return this;
    }

    ScriptedKqueue answer(int result) {
        return answer(events -> result);
    }

    /** The next call waits until the kqueue is closed. */
    ScriptedKqueue waitForClose() {
        return answer(events -> {
            waiting.countDown();
            try {
                interrupted.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return 0;
        });
    }

    @Override
    protected int call(ChangeList changes, EventList events, long timeoutNanos) {
        seen.add(new Call(changes == null ? "[]" : changes.toString(), timeoutNanos));
        if (events != null) {
            events.prepare(0);
        }
        return answers.isEmpty() ? 0 : answers.poll().applyAsInt(events);
    }

    @Override
    public int fd() {
        return 42;
    }

    @Override
    public boolean supports(Filter filter) {
        return LAYOUT.has(filter);
    }

    @Override
    public Wakeup newWakeup(long udata) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String toString() {
        return "scripted";
    }

    @Override
    protected void interruptCalls() {
        interrupted.countDown();
    }

    @Override
    protected void release() {
        released.incrementAndGet();
    }
}
