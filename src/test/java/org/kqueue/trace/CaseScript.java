package org.kqueue.trace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was done between the recorded lines of the cases; the head of the file has the language. */
final class CaseScript {

    /**
     * One step.
     *
     * @param words the verb and its arguments
     * @param rules the differences that may show
     * @param template the recorded line that the step consumes, or null
     */
    record Step(List<String> words, List<CaseDifference> rules, String template) {

        String verb() {
            return words.get(0);
        }

        boolean isKevent() {
            return verb().equals(">") || verb().equals(">*");
        }

        @Override
        public String toString() {
            return String.join(" ", words) + (rules.isEmpty() ? "" : " " + rules)
                    + (template == null ? "" : " | " + template);
        }
    }

    private CaseScript() {
    }

    static Map<String, List<Step>> read(Path file) throws IOException {
        Map<String, List<Step>> scripts = new LinkedHashMap<>();
        List<Step> current = null;
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("== ")) {
                current = new ArrayList<>();
                scripts.put(line.substring(3), current);
            } else if (!line.startsWith("#") && !line.isBlank()) {
                readLine(line, current);
            }
        }
        return scripts;
    }

    private static void readLine(String line, List<Step> steps) {
        int bar = line.indexOf(" | ");
        String[] operations = (bar < 0 ? line : line.substring(0, bar)).split(" ; ");
        for (int i = 0; i < operations.length; i++) {
            boolean last = i == operations.length - 1;
            steps.add(step(operations[i].strip(), last && bar >= 0 ? line.substring(bar + 3) : null));
        }
    }

    private static Step step(String operation, String text) {
        List<String> words = new ArrayList<>();
        List<CaseDifference> rules = new ArrayList<>();
        for (String word : operation.split(" ")) {
            if (word.startsWith("!")) {
                rules.add(CaseDifference.valueOf(word.substring(1)));
            } else {
                words.add(word);
            }
        }
        String template = text;
        while (template != null && template.startsWith("!")) {
            int space = template.indexOf(' ');
            rules.add(CaseDifference.valueOf(template.substring(1, space)));
            template = template.substring(space + 1);
        }
        return new Step(words, rules, template);
    }
}
