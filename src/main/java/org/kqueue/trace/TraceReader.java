package org.kqueue.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kqueue.KeventFlags;

/** Reads a file of traces. A malformed line is an {@link IOException} that names file and line. */
final class TraceReader {

    /** The flags that the language knows, in the order in which they are written. */
    static final List<String> FLAG_NAMES =
            List.of("ADD", "DELETE", "ENABLE", "DISABLE", "EOF", "ONESHOT", "CLEAR", "RECEIPT", "DISPATCH", "ERROR");
    private static final int[] FLAGS = {KeventFlags.EV_ADD, KeventFlags.EV_DELETE, KeventFlags.EV_ENABLE,
        KeventFlags.EV_DISABLE, KeventFlags.EV_EOF, KeventFlags.EV_ONESHOT, KeventFlags.EV_CLEAR, KeventFlags.EV_RECEIPT,
        KeventFlags.EV_DISPATCH, KeventFlags.EV_ERROR};
    /** Verb and number of operands. */
    private static final Map<String, Integer> OPERANDS = Map.ofEntries(Map.entry("OPEN", 1), Map.entry("PIPE", 1),
            Map.entry("KQ", 1), Map.entry("DUP2", 2), Map.entry("CLOSE", 1), Map.entry("SHUTWR", 1), Map.entry("W", 2),
            Map.entry("R", 2), Map.entry("FILL", 1), Map.entry("DRAIN", 1), Map.entry("LISTEN", 1), Map.entry("SOCKET", 1),
            Map.entry("CONNECT", 2), Map.entry("ACCEPT", 2), Map.entry("RST", 1), Map.entry("SOERR", 1), Map.entry("UDP", 1),
            Map.entry("UCONN", 2), Map.entry("SENDTO", 3), Map.entry("SEND", 2), Map.entry("RECV", 1));
    private static final Pattern CALL =
            Pattern.compile("K(?:@(\\d+))?((?: \\[[^\\]]*\\])*) n=(\\d+)(?: -> (-?\\d+)( errno=\\d+)?((?: \\{[^}]*\\})*))?");
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

    static int flag(String name) {
        int index = FLAG_NAMES.indexOf(name);
        return index < 0 ? -1 : FLAGS[index];
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
        Integer operands = OPERANDS.get(words[0]);
        if (operands == null) {
            throw malformed("unknown operation " + words[0], text);
        }
        if (words.length != operands + 1) {
            throw malformed(words[0] + " takes " + operands + " operands", text);
        }
        if (words[0].matches("W|R|SEND|SENDTO")) {
            number(words[operands], text);
        }
        return new TraceStep(file + ":" + line, words[0], List.of(words).subList(1, words.length), List.of(), 0,
                arrow < 0 ? null : text.substring(arrow + 4), List.of());
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
            changes.add(new TraceStep.Change(words[0], filter(words[1], text), flags(words[2].split("\\|"), text),
                    number(words[3], text)));
        }
        List<TraceStep.Seen> events = new ArrayList<>();
        for (Matcher group = GROUP.matcher(call.group(6) == null ? "" : call.group(6)); group.find();) {
            events.add(event(group.group(1).split(" "), text));
        }
        String outcome = call.group(4) == null ? null : call.group(4) + (call.group(5) == null ? "" : call.group(5));
        String kqueue = "k" + (call.group(1) == null ? "0" : call.group(1));
        return new TraceStep(file + ":" + line, "K", List.of(kqueue), changes, (int) number(call.group(3), text), outcome,
                events);
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
        return new TraceStep.Seen(words[0], filter(words[1], text), flags, data, fflags, udata);
    }

    private String filter(String word, String text) throws IOException {
        if (!word.matches("READ|WRITE|filt\\d+")) {
            throw malformed("unknown filter " + word, text);
        }
        return word;
    }

    private int flags(String[] words, String text) throws IOException {
        int flags = 0;
        for (String word : words) {
            if (!word.equals("0")) {
                int flag = flag(word);
                if (flag < 0) {
                    throw malformed("unknown flag " + word, text);
                }
                flags |= flag;
            }
        }
        return flags;
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
