package org.kqueue.bsd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.KqueueUnavailableException;

/** What is chosen, and what is said where it cannot be had. */
class SystemBackendTest {

    private static KqueueConfig config(String backend, String library, String abi) {
        return new KqueueConfig(backend, library, abi, KqueueConfig.Detail.FULL);
    }

    private static String refusal(KqueueConfig config) {
        return assertThrows(KqueueUnavailableException.class, () -> Kqueue.open(config).close()).getMessage();
    }

    @Test
    void missingLibraryNamesWhatWasSearched() {
        String message = refusal(config("auto", "no-such-kqueue", "freebsd11"));
        assertTrue(message.contains("org.kqueue.library=no-such-kqueue cannot be loaded"), message);
        assertTrue(message.contains("jna.library.path="), message);
        assertTrue(message.contains(System.mapLibraryName("no-such-kqueue")), message);
    }

    @Test
    void missingSymbolIsNamed() {
        String empty = NativeBuild.compiled("empty.c").toString();
        assertTrue(refusal(config("system", empty, "freebsd")).contains("empty.so does not export kqueue;"));
        String half = NativeBuild.compiled("empty.c", "-DHALF").toString();
        assertTrue(refusal(config("system", half, "freebsd")).contains("empty.so does not export kevent;"));
        assertTrue(refusal(config("system", half, "netbsd"))
                .contains("empty.so does not export __kevent50 or kevent;"));
    }

    @ParameterizedTest
    @CsvSource({"freebsd11, freebsd", "freebsd, freebsd11", "netbsd, netbsd11", "openbsd, freebsd",
        "libkqueue, freebsd"})
    void libraryWithKeventsOfAnotherSizeIsRefused(String spoken, String asked) {
        String library = NativeBuild.model(spoken).toString();
        String message = refusal(config("system", library, asked));
        assertTrue(message.contains("does not speak the " + asked + " ABI; set org.kqueue.abi"), message);
        assertTrue(message.contains(spoken), message);
    }

    @Test
    void unknownNamesAreAnsweredWithTheKnown() {
        String message = assertThrows(IllegalArgumentException.class,
                () -> Kqueue.open(config("sistem", null, null))).getMessage();
        for (String name : List.of("auto", "system", "embedded")) {
            assertTrue(message.contains(name), message);
        }
        message = assertThrows(IllegalArgumentException.class,
                () -> Kqueue.open(config("system", "kqueue", "solaris"))).getMessage();
        assertTrue(message.contains("macos, freebsd, freebsd11, netbsd, netbsd11, openbsd, dragonfly, libkqueue"),
                message);
    }

    @Test
    void systemWithoutKqueueSaysWhatToDo() {
        if (!HostSystem.CURRENT.hasKqueue()) {
            String message = refusal(config("system", null, null));
            assertTrue(message.contains("org.kqueue.library"), message);
        } else {
            String other = HostSystem.CURRENT == HostSystem.MACOS ? "netbsd" : "macos";
            assertTrue(refusal(config("system", null, other)).contains("not " + other));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Mac OS X, 14.5, macos", "FreeBSD, 11.4-RELEASE, freebsd11", "FreeBSD, 12.0-RELEASE, freebsd",
        "FreeBSD, 15.0-CURRENT, freebsd", "OpenBSD, 7.8, openbsd", "DragonFlyBSD, 6.4-RELEASE, dragonfly",
        "DragonFly, 6.4, dragonfly", "Linux, 6.1,", "Windows 11, 10.0,",
    })
    void abiFollowsTheSystem(String name, String release, String abi) {
        assertEquals(abi, HostSystem.of(name).abi(release));
    }

    @Test
    void namedLibrarySpeaksLibkqueuesAbiByDefault() {
        if (!HostSystem.CURRENT.hasKqueue()) {
            for (String abi : HostSystem.NETBSD.abis) {
                String name = KeventLayout.of(abi).keventSymbol();
                String library = NativeBuild.model(abi, "-DKEVENT_NAME=" + name).toString();
                assertEquals(abi, new SystemBackend().defaultAbi(config("auto", library, null)), "by " + name);
            }
            assertEquals("libkqueue", new SystemBackend().defaultAbi(config("auto", "libkqueue.so.0", null)));
        }
    }
}
