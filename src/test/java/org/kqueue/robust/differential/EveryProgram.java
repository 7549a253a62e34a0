package org.kqueue.robust.differential;

import java.io.IOException;
import java.nio.channels.spi.SelectorProvider;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.kqueue.nio.Providers;
import org.kqueue.robust.differential.Letter.Subject;
import org.kqueue.robust.differential.Letter.Word;

/**
 * All programs up to some length over a small alphabet: what can be done to one channel and its keys, around an event.
 * Programs in which a letter does nothing, such as setting interest that is set, are left out. At the end of each the
 * channel is registered with interest and made ready, and its key has to be selected. The property
 * {@code org.kqueue.differential.longer} adds to all lengths; 1 takes some three times as long.
 */
final class EveryProgram {

    private static final int LONGER = Integer.getInteger(RandomPrograms.PREFIX + "longer", 0);
    private static final Set<Letter> ONE_SELECTOR = EnumSet.range(Letter.REGISTER, Letter.SERVE);
    private static final Set<Letter> REOPENED = EnumSet.of(Letter.REGISTER, Letter.CANCEL, Letter.ARRIVE,
            Letter.CONSUME, Letter.SELECT, Letter.WAIT, Letter.SERVE, Letter.REOPEN);
    private static final Set<Letter> TWO_SELECTORS = EnumSet.of(Letter.REGISTER, Letter.CANCEL, Letter.ARRIVE,
            Letter.CONSUME, Letter.SELECT, Letter.WAIT, Letter.SERVE, Letter.REGISTER_OTHER, Letter.CANCEL_OTHER,
            Letter.SELECT_OTHER);

    /** What is run: words of so many letters about a subject. */
    private record Language(Subject subject, Set<Letter> letters, int length) {
    }

    private static final List<Language> LANGUAGES = List.of(
            new Language(Subject.PIPE_READ, ONE_SELECTOR, 8),
            new Language(Subject.PIPE_WRITE, ONE_SELECTOR, 7),
            new Language(Subject.PIPE_READ, REOPENED, 6),
            new Language(Subject.PIPE_WRITE, REOPENED, 6),
            new Language(Subject.PIPE_READ, TWO_SELECTORS, 5),
            new Language(Subject.PIPE_WRITE, TWO_SELECTORS, 5),
            new Language(Subject.TCP_READ, ONE_SELECTOR, 6),
            new Language(Subject.TCP_WRITE, ONE_SELECTOR, 5),
            new Language(Subject.UDP_READ, ONE_SELECTOR, 5));

    /** What is run on each kind of kqueue. */
    private static final List<Language> SHORT_LANGUAGES = List.of(
            new Language(Subject.PIPE_READ, ONE_SELECTOR, 6),
            new Language(Subject.PIPE_WRITE, ONE_SELECTOR, 5),
            new Language(Subject.TCP_READ, REOPENED, 5));

    private final Findings findings;
    private int failures;

    private EveryProgram(SelectorProvider subject) {
        findings = new Findings(new Comparison(Providers.jdk(), subject));
    }

    /** What was done; throws an AssertionError that tells every difference. */
    static String run() throws IOException, InterruptedException {
        return new EveryProgram(Providers.kqueue()).run("every short program", LANGUAGES);
    }

    /** The same with fewer programs, for a provider with another kind of kqueue. */
    static String run(String name, SelectorProvider subject) throws IOException, InterruptedException {
        return new EveryProgram(subject).run("every short program on " + name, SHORT_LANGUAGES);
    }

    private String run(String what, List<Language> languages) throws IOException, InterruptedException {
        for (Language language : languages) {
            // The shortest first, so that what is found first is small.
            for (int length = 1; length <= language.length() + LONGER; length++) {
                run(new Word(language.subject()), language.letters(), length);
            }
        }
        String how = "differential, " + what;
        findings.check(how);
        return how + ": " + findings.summary();
    }

    private void run(Word word, Set<Letter> letters, int left) throws IOException, InterruptedException {
        if (failures >= RandomPrograms.FAILURES) {
            return;
        }
        if (left == 0) {
            failures += findings.tryOut(word.program(), word.parts()) ? 0 : 1;
            return;
        }
        for (Letter letter : letters) {
            Word longer = word.with(letter);
            if (longer != null) {
                run(longer, letters, left - 1);
            }
        }
    }
}
