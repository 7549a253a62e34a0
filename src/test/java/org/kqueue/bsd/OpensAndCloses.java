package org.kqueue.bsd;

import org.kqueue.Kqueue;
import org.kqueue.KqueueConfig;
import org.kqueue.robust.OpenDescriptors;

/** Opens kqueues as the properties say and closes them; prints what is left open, as a JVM of its own. */
final class OpensAndCloses {

    private OpensAndCloses() {
    }

    public static void main(String[] args) throws Exception {
        Kqueue.open(KqueueConfig.fromSystemProperties()).close();
        OpenDescriptors before = OpenDescriptors.now();
        for (int i = 0; i < 10; i++) {
            try (Kqueue kqueue = Kqueue.open(KqueueConfig.fromSystemProperties())) {
                if (kqueue.fd() < Integer.parseInt(args[0])) {
                    throw new AssertionError("the kqueue has number " + kqueue.fd());
                }
            }
        }
        System.out.println("left open: " + before.since());
    }
}
