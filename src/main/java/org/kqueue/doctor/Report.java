package org.kqueue.doctor;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Findings in sections, in the order in which they were made; as text for people, as JSON for bug reports. Not
 * thread-safe.
 */
final class Report {

    private final Map<String, Map<String, Object>> sections = new LinkedHashMap<>();

    /** Adds a finding: a String, Number or Boolean. */
    void add(String section, String name, Object value) {
        sections.computeIfAbsent(section, key -> new LinkedHashMap<>()).put(name, value);
    }

    String text() {
        StringBuilder text = new StringBuilder();
        sections.forEach((section, findings) -> {
            text.append(section).append('\n');
            int width = findings.keySet().stream().mapToInt(String::length).max().orElse(0);
            findings.forEach((name, value) ->
                    text.append("  ").append(name).append(" ".repeat(width - name.length()
                            + 2)).append(value).append('\n'));
        });
        return text.toString();
    }

    String json() {
        StringBuilder json = new StringBuilder("{");
        String separator = "\n";
        for (Map.Entry<String, Map<String, Object>> section : sections.entrySet()) {
            json.append(separator).append("  ").append(quoted(section.getKey())).append(": {");
            String inner = "\n";
            for (Map.Entry<String, Object> finding : section.getValue().entrySet()) {
                Object value = finding.getValue();
                json.append(inner).append("    ").append(quoted(finding.getKey())).append(": ")
                        .append(value instanceof Number || value instanceof Boolean ? value
                                : quoted(String.valueOf(value)));
                inner = ",\n";
            }
            json.append("\n  }");
            separator = ",\n";
        }
        return json.append("\n}\n").toString();
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
