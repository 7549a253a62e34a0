package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.bsd.NativeBuild;
import org.kqueue.robust.Forked;

/** A program that a security manager allows nothing but sockets opens its second selector, as it may the JDK's. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class SecurityManagerTest {

    static Stream<List<String>> kqueues() {
        List<List<String>> options = new ArrayList<>(List.of(List.of(), List.of("-Dorg.kqueue.calls=jna")));
        if (NativeBuild.isPossible()) {
            options.add(inLibrary("freebsd"));
            options.add(inLibrary("netbsd", "-DNO_USER"));
            options.add(inLibrary("freebsd11", "-DQUIRKS"));
        }
        return options.stream();
    }

    private static List<String> inLibrary(String abi, String... options) {
        return List.of("-Dorg.kqueue.library=" + NativeBuild.model(abi, options), "-Dorg.kqueue.abi=" + abi);
    }

    @ParameterizedTest
    @MethodSource("kqueues")
    void aProgramWithoutRightsOpensAndClosesASelector(List<String> options) throws Exception {
        assumeTrue(Runtime.version().feature() < 24, "JDK 24 has no security manager any more");
        List<String> arguments = new ArrayList<>(List.of("-Djava.security.manager=allow",
                "-Djava.nio.channels.spi.SelectorProvider=" + KqueueSelectorProvider.class.getName()));
        arguments.addAll(options);
        Forked.Result result = Forked.java(ProgramWithoutRights.class, arguments.toArray(String[]::new));
        assertEquals(0, result.status(), result::output);
        assertTrue(result.output().contains("selected by org.kqueue.nio.KqueueSelector"), result::output);
        assertEquals("closed", result.lastLine());
    }
}
