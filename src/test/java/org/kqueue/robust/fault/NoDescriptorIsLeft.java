package org.kqueue.robust.fault;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Faults;
import org.kqueue.robust.OpenDescriptors;
import org.kqueue.robust.Pair;

/** Tests of selectors over a faulty kqueue, none of which leaves a descriptor open. */
abstract class NoDescriptorIsLeft {

    private int descriptors;

    @BeforeEach
    final void countDescriptors() throws IOException {
        // The first open makes what is made once per process.
        FaultyBackend.openSelector(Faults.NONE).close();
        Pair.open(Providers.kqueue()).close();
        descriptors = OpenDescriptors.count();
    }

    @AfterEach
    final void noDescriptorIsLeft() {
        OpenDescriptors.assertComesDownTo(descriptors);
    }
}
