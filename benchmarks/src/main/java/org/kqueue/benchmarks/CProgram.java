package org.kqueue.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Compiles C. */
final class CProgram {

    private CProgram() {
    }

    /** Whether a command can be run. */
    static boolean exists(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Compiles a source, named from the folder of the benchmarks, into their target folder. */
    static Path compile(String source, String output, String... options) throws IOException, InterruptedException {
        Path compiled = Files.createDirectories(Compare.HOME.resolve("target")).resolve(output);
        List<String> command = new ArrayList<>(List.of("cc", "-std=gnu11", "-O2", "-Wall"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", compiled.toString(), Compare.HOME.resolve(source).toString()));
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IOException("failed: " + String.join(" ", command));
        }
        return compiled;
    }
}
