package org.kqueue.robust.differential;

import java.util.ArrayList;
import java.util.List;

/** The alphabet of {@link EveryProgram}: what can be done to one channel and its keys in two selectors. */
enum Letter {
    REGISTER, CANCEL, INTEREST_OFF, INTEREST_ON, ARRIVE, CONSUME,
    /** A select that does not wait, after which the selected-key set is cleared, as servers do. */
    SELECT,
    /** A select that waits, until another channel of the selector is ready. */
    WAIT,
    /** What a worker does: interest off, read or write all while the selector waits, interest on; then a select. */
    SERVE,
    /** The channel is closed and another opened, which gets the number of the descriptor. */
    REOPEN,
    REGISTER_OTHER, CANCEL_OTHER, SELECT_OTHER;

    private static final int READ = 1;
    private static final int WRITE = 4;
    /** A pipe that is registered for READ all the time. */
    private static final int OTHER = 2;
    private static final int OTHER_PEER = 3;

    /** What a program tests: how its channels are opened, which of the two is registered, and for which operation. */
    enum Subject {
        PIPE_READ(new Step(Op.OPEN_PIPE, 0, 0, 0, 0), 0, READ),
        PIPE_WRITE(new Step(Op.OPEN_PIPE, 0, 0, 0, 0), 1, WRITE),
        TCP_READ(new Step(Op.OPEN_PAIR, 0, 0, 0, 0), 0, READ),
        TCP_WRITE(new Step(Op.OPEN_PAIR, 0, 0, 0, 0), 0, WRITE),
        UDP_READ(new Step(Op.OPEN_PAIR, 0, 0, 0, 2), 0, READ);

        private final Step open;
        private final int near;
        private final int ops;

        Subject(Step open, int near, int ops) {
            this.open = open;
            this.near = near;
            this.ops = ops;
        }
    }

    /** What is known of a key without running the program. */
    private enum Key {
        NONE, ON, OFF, CANCELLED
    }

    /** The steps of some letters, and which letters have an effect after them. */
    static final class Word {
        private final Subject subject;
        private final List<Letter> letters = new ArrayList<>();
        private final List<Step> steps = new ArrayList<>();
        private final Key[] keys = {Key.NONE, Key.NONE};
        /** How many selects have come since anything changed. */
        private final int[] selects = new int[2];
        private boolean ready;
        /** The number of the first channel of the pair in use. */
        private int first;
        private boolean everRegistered;

        Word(Subject subject) {
            this.subject = subject;
            open();
            steps.add(Step.channel(Op.OPEN_PIPE, 0));
            steps.add(Step.key(Op.REGISTER, OTHER, 0, READ));
        }

        private Word(Word before) {
            subject = before.subject;
            letters.addAll(before.letters);
            steps.addAll(before.steps);
            ready = before.ready;
            first = before.first;
            everRegistered = before.everRegistered;
            for (int i = 0; i < keys.length; i++) {
                keys[i] = before.keys[i];
                selects[i] = before.selects[i];
            }
        }

        private void open() {
            steps.add(subject.open);
            ready = subject.ops == WRITE;
        }

        /** The channel that is registered. */
        private int near() {
            return first + subject.near;
        }

        private int far() {
            return first + 1 - subject.near;
        }

        /** This word with one more letter; null if that letter would do nothing. */
        Word with(Letter letter) {
            Word word = new Word(this);
            word.letters.add(letter);
            return word.add(letter) ? word : null;
        }

        /** The subject and the letters. */
        List<?> parts() {
            List<Object> parts = new ArrayList<>(letters);
            parts.add(subject);
            return parts;
        }

        private boolean add(Letter letter) {
            return switch (letter) {
                case REGISTER -> register(0);
                case REGISTER_OTHER -> register(1);
                case CANCEL -> cancel(0);
                case CANCEL_OTHER -> cancel(1);
                case SELECT -> select(0);
                case SELECT_OTHER -> select(1);
                case WAIT -> await();
                case INTEREST_OFF -> interest(Key.ON, Key.OFF, 0);
                case INTEREST_ON -> interest(Key.OFF, Key.ON, subject.ops);
                case ARRIVE -> event(true);
                case CONSUME -> event(false);
                case SERVE -> keys[0] == Key.ON && ready && selects[0] > 0 && serve();
                case REOPEN -> reopen();
            };
        }

        private boolean register(int selector) {
            if (keys[selector] != Key.NONE) {
                return false;
            }
            keys[selector] = Key.ON;
            everRegistered = true;
            return changed(Step.key(Op.REGISTER, near(), selector, subject.ops));
        }

        private boolean cancel(int selector) {
            if (keys[selector] == Key.NONE || keys[selector] == Key.CANCELLED) {
                return false;
            }
            keys[selector] = Key.CANCELLED;
            return changed(Step.key(Op.CANCEL, near(), selector, 0));
        }

        private boolean interest(Key from, Key to, int ops) {
            if (keys[0] != from) {
                return false;
            }
            keys[0] = to;
            return changed(Step.key(Op.INTEREST, near(), 0, ops));
        }

        private boolean event(boolean arrives) {
            if (ready == arrives) {
                return false;
            }
            ready = arrives;
            boolean read = subject.ops == READ;
            return changed(arrives ? read ? new Step(Op.WRITE, far(), near(), 0, 0) : Step.channel(Op.DRAIN, far())
                    : Step.channel(read ? Op.DRAIN : Op.FILL, near()));
        }

        private boolean select(int selector) {
            if (isIdle(selector)) {
                return false;
            }
            steps.add(Step.selector(Op.SELECT_NOW, selector));
            return selected(selector);
        }

        private boolean await() {
            if (isIdle(0)) {
                return false;
            }
            steps.add(new Step(Op.WRITE, OTHER_PEER, OTHER, 0, 0));
            steps.add(Step.selector(Op.SELECT, 0));
            steps.add(Step.channel(Op.DRAIN, OTHER));
            return selected(0);
        }

        /** A second select in a row must find what is still ready. A third would test nothing new. */
        private boolean isIdle(int selector) {
            return selects[selector] == 2 || keys[selector] == Key.NONE && (!everRegistered || selects[selector] > 0);
        }

        private boolean selected(int selector) {
            selects[selector]++;
            if (keys[selector] == Key.CANCELLED) {
                keys[selector] = Key.NONE;
            }
            return steps.add(Step.selector(Op.CLEAR_SELECTED, selector));
        }

        private boolean serve() {
            return add(INTEREST_OFF) && add(CONSUME) && add(WAIT) && add(INTEREST_ON) && add(SELECT);
        }

        private boolean reopen() {
            changed(Step.channel(Op.CLOSE, near()));
            changed(Step.channel(Op.CLOSE, far()));
            for (int i = 0; i < keys.length; i++) {
                select(i);
                keys[i] = Key.NONE;
            }
            first = first == 0 ? OTHER + 2 : first + 2;
            open();
            return true;
        }

        private boolean changed(Step step) {
            selects[0] = 0;
            selects[1] = 0;
            return steps.add(step);
        }

        /** The program, at whose end the channel is registered with interest, ready, and selected. */
        Program program() {
            Word end = new Word(this);
            if (end.keys[0] == Key.CANCELLED) {
                end.add(SELECT);
            }
            end.add(REGISTER);
            end.add(INTEREST_ON);
            end.add(ARRIVE);
            end.add(SELECT);
            return new Program(end.steps);
        }
    }
}
