package org.kqueue.contract;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.kqueue.linux.epoll.EpollCalls;
import org.kqueue.linux.epoll.JdkCalls;

/** The same where its calls are the JDK's own native methods, as those of a selector are. */
class ReadinessByJdkTest extends ReadinessTest {

    @Override
    EpollCalls calls() {
        assumeTrue(JdkCalls.LENT != null, "org.kqueue.calls asks for other calls");
        return JdkCalls.LENT;
    }
}
