package org.kqueue.trace;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A named difference between the recording kernel and this one: a predicate on what was recorded, what was seen and
 * what the trace's own record says about the knotes. None knows a trace by number.
 */
interface Rule {

    /** The name that summaries show. */
    String name();

    /** Whether a line's result that is no list of events may be another one. */
    default boolean results(Call call) {
        return false;
    }

    /**
     * What is performed after {@link #results} so that both systems are in the same state again; each must give the
     * result it carries.
     */
    default List<TraceStep> inStep(Call call) {
        return List.of();
    }

    /** Whether a recorded event may be missing. */
    default boolean missing(Call call, TraceStep.Seen event) {
        return false;
    }

    /** Whether an event may be seen that was not recorded. */
    default boolean unexpected(Call call, TraceStep.Seen event) {
        return false;
    }

    /** Whether an event may come at another place. */
    default boolean moves(Call call, TraceStep.Seen event) {
        return false;
    }

    /** Whether an entry of the same knote may say something else. */
    default boolean instead(Call call, TraceStep.Seen recorded, TraceStep.Seen seen) {
        return false;
    }

    /** For a recording of FreeBSD: what epoll cannot know, and what lies outside kqueue. */
    static Set<Rule> forFreebsd() {
        Set<Rule> rules = new LinkedHashSet<>(List.of(AllowedDifference.values()));
        Collections.addAll(rules, NetworkDifference.values());
        return rules;
    }

    /** For a recording of NetBSD 7: its own rules as well. */
    static Set<Rule> forNetbsd() {
        Set<Rule> rules = forFreebsd();
        Collections.addAll(rules, NetbsdDifference.values());
        return rules;
    }

    /** The rules for a recording: NetBSD's for a file whose name begins with {@code bsd-}. */
    static Set<Rule> forFile(String name) {
        return name.startsWith("bsd-") ? forNetbsd() : forFreebsd();
    }
}
