package org.kqueue.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.kqueue.it.app.ZooKeeperService;

/** ZooKeeper on kqueue by the flag: server and clients, which check from inside that their selectors are ours. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ZooKeeperIT {

    @Test
    void servesSessionsThatWatchAndExpireAndOutliveARestart() throws Exception {
        try (ForkedJvm jvm = ForkedJvm.withFlag(ZooKeeperService.class)) {
            jvm.await("OK ");
            assertEquals(0, jvm.exitStatus(), jvm::toString);
        }
    }
}
