package org.kqueue.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads a file of traces. A malformed line is an {@link IOException} that names file and line. */
final class TraceReader {

    private static final String NUMBER = "(-?\\d{1,19}|0x[0-9a-f]{1,8})";
    private static final Pattern CALL = Pattern.compile(
            "(K|START)(?:@(\\d))?((?: \\[[^\\]]*\\])*) n=(\\d{1,5})(?: wait=(-?\\d{1,9}|forever))?");
    private static final Pattern CHANGE = Pattern.compile("\\[(" + Grammar.IDENT + ") (" + Grammar.FILTER + ") (0|"
            + Grammar.FLAG + "(?:\\|" + Grammar.FLAG + ")*) (\\d{1,18})(?: fflags=" + NUMBER + ")?(?: data=" + NUMBER
            + ")?\\]");
    private static final Pattern RESULT = Pattern.compile("(-?\\d{1,9}(?: errno=\\d{1,3})?)((?: \\{[^}]*\\})*)");
    private static final Pattern EVENT = Pattern.compile("\\{(" + Grammar.IDENT + ") (" + Grammar.FILTER + ")((?: "
            + Grammar.FLAG + ")*)(?: data=(?:(\\+)|" + NUMBER + "))?(?: fflags=" + NUMBER + ")?(?: udata=" + NUMBER
            + ")?\\}");
    private static final Pattern GROUP = Pattern.compile("[\\[{][^\\]}]*[\\]}]");
    private static final Pattern DIFFERENCE = Pattern.compile("! ([A-Z0-9_]+) -> (.*)");

    private final String file;
    private int line;
    private String text;

    private TraceReader(String file) {
        this.file = file;
    }

    static List<Trace> read(Path path) throws IOException {
        return read(path.getFileName().toString(), Files.readAllLines(path));
    }

    static List<Trace> read(String file, List<String> lines) throws IOException {
        return new TraceReader(file).parse(lines);
    }

    /** A line without its comment. */
    static String code(String line) {
        int comment = line.indexOf('#');
        return (comment < 0 ? line : line.substring(0, comment)).strip();
    }

    private List<Trace> parse(List<String> lines) throws IOException {
        List<Trace> traces = new ArrayList<>();
        List<Step> steps = null;
        for (String raw : lines) {
            line++;
            text = code(raw);
            if (text.matches("(TRACE|CASE) .*")) {
                if (!text.matches("TRACE \\d+( bare)?|CASE .*")) {
                    throw malformed("a trace is TRACE <number> [bare], or CASE <title>");
                }
                steps = new ArrayList<>();
                traces.add(new Trace(text, steps));
            } else if (!text.isEmpty() && steps == null) {
                throw malformed("an operation before the first TRACE or CASE");
            } else if (text.startsWith("! ")) {
                steps.add(difference(steps.isEmpty() ? null : steps.remove(steps.size() - 1)));
            } else if (!text.isEmpty()) {
                steps.add(step(text));
            }
        }
        return traces;
    }

    private Step step(String code) throws IOException {
        String[] skip = code.split(" ", 3);
        if (skip[0].equals("SKIP") && skip.length == 3) {
            return Step.operation(where(), "SKIP", List.of(skip[1], skip[2]), null);
        }
        int arrow = code.indexOf(" -> ");
        String program = arrow < 0 ? code : code.substring(0, arrow);
        String verb = program.split("[ @]", 2)[0];
        try {
            Result result = arrow < 0 ? null : result(verb, code.substring(arrow + " -> ".length()));
            if (verb.equals("K") || verb.equals("START")) {
                return kevent(program, result);
            }
            List<String> operands = Grammar.operands(program);
            if (verb.equals("LATER")) {
                step(operands.get(1));
            }
            return Step.operation(where(), verb, verb.equals("JOIN") ? List.of("k0") : operands, result);
        } catch (IllegalArgumentException e) {
            throw malformed(e.getMessage());
        }
    }

    private String where() {
        return file + ":" + line;
    }

    private Step kevent(String program, Result result) throws IOException {
        Matcher call = CALL.matcher(program);
        if (!call.matches()) {
            throw malformed("a kevent call is K[@i] [change]... n=<room> [wait=<ms>] -> <result> {event}...");
        }
        List<Kevent> changes = new ArrayList<>();
        for (String group : groups(call.group(3))) {
            Matcher change = CHANGE.matcher(group);
            if (!change.matches()) {
                throw malformed("a change is [name filter flags udata fflags=<n> data=<n>], the last two may be left"
                        + " out; " + Grammar.KEVENT_WORDS);
            }
            changes.add(new Kevent(change.group(1), change.group(2), flags(change.group(3)),
                    Long.parseLong(change.group(4)), (int) number(change.group(5), 0), number(change.group(6), 0)));
        }
        String kqueue = "k" + (call.group(2) == null ? "0" : call.group(2));
        long wait = "forever".equals(call.group(5)) ? Step.FOREVER : number(call.group(5), 0);
        return new Step(where(), call.group(1), List.of(kqueue), changes, Integer.parseInt(call.group(4)), wait, result,
                null);
    }

    /** {@code ! RULE -> result}: what the embedded kqueue does at the line before. */
    private Step difference(Step before) throws IOException {
        Matcher parts = DIFFERENCE.matcher(text);
        if (before == null || before.result() == null || before.here() != null || !parts.matches()) {
            throw malformed("a difference is ! RULE -> <result>, behind a line with a result");
        }
        Result here = result(before.verb(), parts.group(2));
        if (before.result().agrees(here)) {
            throw malformed("this is no difference");
        }
        return before.with(new Step.Difference(parts.group(1), here));
    }

    private Result result(String verb, String code) throws IOException {
        if (!verb.equals("K") && !verb.equals("JOIN")) {
            if (!Grammar.isResult(verb, code)) {
                throw malformed(code + " is no result of " + verb);
            }
            return Result.of(code);
        }
        Matcher parts = RESULT.matcher(code);
        if (!parts.matches()) {
            throw malformed("a result is <n> {event}..., or -1 errno=<n>");
        }
        List<Kevent> events = new ArrayList<>();
        for (String group : groups(parts.group(2))) {
            Matcher event = EVENT.matcher(group);
            if (!event.matches()) {
                throw malformed("an event is {name filter flags... [data=<n>] [fflags=<n>] udata=<n>}; "
                        + Grammar.KEVENT_WORDS);
            }
            events.add(new Kevent(event.group(1), event.group(2), flags(event.group(3)), number(event.group(7), 0),
                    (int) number(event.group(6), 0),
                    event.group(4) != null ? Kevent.SOME : number(event.group(5), Kevent.NONE)));
        }
        return new Result(parts.group(1), events);
    }

    private static List<String> groups(String code) {
        return GROUP.matcher(code).results().map(group -> group.group()).toList();
    }

    private static int flags(String words) {
        return Stream.of(words.split("[ |]")).filter(word -> !word.isEmpty()).mapToInt(Grammar::flag)
                .reduce(0, (some, more) -> some | more);
    }

    private static long number(String word, long otherwise) {
        return word == null ? otherwise : Long.decode(word);
    }

    private IOException malformed(String why) {
        return new IOException(where() + ": " + why + ": " + text);
    }
}
