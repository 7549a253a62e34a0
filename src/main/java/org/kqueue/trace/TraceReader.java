package org.kqueue.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a file of traces. A malformed line is an {@link IOException} that names file and line. */
final class TraceReader {

    /** The most bytes that a W, R or SEND can ask for, and more events than any trace has knotes. */
    private static final int MOST = 65_536;
    private static final Pattern CALL =
            Pattern.compile("K(?:@(\\d))?((?: \\[[^\\]]*\\])*) n=(\\d+)"
                    + "(?: -> (-?\\d+)( errno=\\d+)?((?: \\{[^}]*\\})*))?");
    private static final Pattern GROUP = Pattern.compile("[\\[{]([^\\]}]*)[\\]}]");

    private final String file;
    private int line;

    private TraceReader(String file) {
        this.file = file;
    }

    static List<Trace> read(Path path) throws IOException {
        return read(path.getFileName().toString(), Files.readAllLines(path));
    }

    static List<Trace> read(String file, List<String> lines) throws IOException {
        return new TraceReader(file).parse(lines);
    }

    private List<Trace> parse(List<String> lines) throws IOException {
        List<Trace> traces = new ArrayList<>();
        List<TraceStep> steps = null;
        for (String raw : lines) {
            line++;
            String text = raw.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            if (text.startsWith("TRACE ")) {
                String[] words = text.split(" ");
                boolean bare = words.length == 3 && words[2].equals("bare");
                if (words.length != 2 && !bare) {
                    throw malformed("a trace is TRACE <number> [bare]", text);
                }
                steps = new ArrayList<>();
                traces.add(new Trace((int) number(words[1], text), bare, steps));
            } else if (steps == null) {
                throw malformed("an operation before the first TRACE", text);
            } else {
                steps.add(text.startsWith("K ") || text.startsWith("K@") ? kevent(text) : operation(text));
            }
        }
        return traces;
    }

    private TraceStep operation(String text) throws IOException {
        int arrow = text.indexOf(" -> ");
        String[] words = (arrow < 0 ? text : text.substring(0, arrow)).split(" ");
        List<Grammar.Operand> operands = Grammar.operands(words[0]);
        if (operands == null) {
            throw malformed("unknown operation " + words[0] + ", known are K " + Grammar.verbs(), text);
        }
        if (words.length != operands.size() + 1) {
            throw malformed(words[0] + " takes " + operands.size() + " operands: " + operands, text);
        }
        for (int i = 0; i < operands.size(); i++) {
            String word = words[i + 1];
            if (!operands.get(i).matches(word)) {
                throw malformed(word + " is not " + operands.get(i), text);
            }
            if (operands.get(i) == Grammar.Operand.NUMBER) {
                size(word, text);
            }
        }
        String result = arrow < 0 ? null : text.substring(arrow + 4);
        if (result != null && !Grammar.isResult(words[0], result)) {
            throw malformed(result + " is no result of " + words[0], text);
        }
        return new TraceStep(file + ":" + line, words[0], List.of(words).subList(1, words.length), List.of(), 0, result,
                List.of());
    }

    private TraceStep kevent(String text) throws IOException {
        Matcher call = CALL.matcher(text);
        if (!call.matches()) {
            throw malformed("a kevent call is K[@i] [change]... n=<room> -> <result> {event}...", text);
        }
        List<TraceStep.Change> changes = new ArrayList<>();
        for (Matcher group = GROUP.matcher(call.group(2)); group.find();) {
            String[] words = group.group(1).split(" ");
            if (words.length != 4) {
                throw malformed("a change is [name filter flags udata]", text);
            }
            changes.add(new TraceStep.Change(name(words[0], text), filter(words[1], text),
                    flags(words[2].split("\\|"), text), number(words[3], text)));
        }
        List<TraceStep.Seen> events = new ArrayList<>();
        for (Matcher group = GROUP.matcher(call.group(6) == null ? "" : call.group(6)); group.find();) {
            events.add(event(group.group(1).split(" "), text));
        }
        String outcome = call.group(4) == null ? null : call.group(4) + (call.group(5) == null ? "" : call.group(5));
        String kqueue = "k" + (call.group(1) == null ? "0" : call.group(1));
        return new TraceStep(file + ":" + line, "K", List.of(kqueue), changes, size(call.group(3), text),
                outcome, events);
    }

    private TraceStep.Seen event(String[] words, String text) throws IOException {
        if (words.length < 3) {
            throw malformed("an event is {name filter flags... [data=] [fflags=] udata=}", text);
        }
        int flags = 0;
        long data = TraceStep.NONE;
        int fflags = 0;
        long udata = 0;
        for (int i = 2; i < words.length; i++) {
            String value = words[i].substring(words[i].indexOf('=') + 1);
            if (words[i].startsWith("data=")) {
                data = value.equals("+") ? TraceStep.SOME : number(value, text);
            } else if (words[i].startsWith("fflags=")) {
                fflags = (int) number(value, text);
            } else if (words[i].startsWith("udata=")) {
                udata = number(value, text);
            } else {
                flags |= flags(words[i].split("\\|"), text);
            }
        }
        return new TraceStep.Seen(name(words[0], text), filter(words[1], text), flags, data, fflags, udata);
    }

    private String filter(String word, String text) throws IOException {
        if (!word.matches("READ|WRITE|filt\\d{1,4}")) {
            throw malformed("unknown filter " + word + ", known are READ WRITE filt<number>", text);
        }
        return word;
    }

    private int flags(String[] words, String text) throws IOException {
        int flags = 0;
        for (String word : words) {
            if (!word.equals("0")) {
                int flag = Grammar.flag(word);
                if (flag < 0) {
                    throw malformed(
                            "unknown flag " + word + ", known are 0 " + String.join(" ", Grammar.FLAG_NAMES), text);
                }
                flags |= flag;
            }
        }
        return flags;
    }

    private String name(String word, String text) throws IOException {
        if (!Grammar.Operand.ANY.matches(word)) {
            throw malformed(word + " is not " + Grammar.Operand.ANY, text);
        }
        return word;
    }

    private int size(String word, String text) throws IOException {
        long number = number(word, text);
        if (number > MOST) {
            throw malformed(word + " is more than " + MOST, text);
        }
        return (int) number;
    }

    private long number(String word, String text) throws IOException {
        try {
            return Long.parseLong(word);
        } catch (NumberFormatException e) {
            throw malformed("not a number: " + word, text);
        }
    }

    private IOException malformed(String why, String text) {
        return new IOException(file + ":" + line + ": " + why + ": " + text);
    }
}
