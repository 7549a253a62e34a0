package org.kqueue.robust.differential;


import java.nio.channels.spi.SelectorProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kqueue.nio.Providers;

/** The JDK's selector is the oracle. For longer runs see {@link RandomPrograms}. */
class DifferentialTest {

    @Test
    void behavesAsTheJdksSelectorInRandomPrograms() throws Exception {
        System.out.println(RandomPrograms.run());
    }

    @Test
    void behavesAsTheJdksSelectorInEveryShortProgram() throws Exception {
        System.out.println(EveryProgram.run());
    }

    /** The embedded one that does not dispatch, and libraries. */
    static Stream<Arguments> otherKqueues() {
        return Providers.ours().stream()
                .filter(one -> one.getName().equals("embedded netbsd") || one.getName().startsWith("system"))
                .map(one -> Arguments.of(one.getName(), one.getPayload()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("otherKqueues")
    void behavesSoOnOtherKqueues(String name, SelectorProvider provider) throws Exception {
        System.out.println(EveryProgram.run(name, provider));
    }
}
