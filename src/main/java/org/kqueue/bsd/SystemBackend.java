package org.kqueue.bsd;

import java.io.IOException;
import java.util.List;
import org.kqueue.KeventLayout;
import org.kqueue.Kqueue;
import org.kqueue.KqueueBackend;
import org.kqueue.KqueueConfig;

/** The kqueue of the system's C library, or of a library that the user names. */
public final class SystemBackend implements KqueueBackend {

    /** Does nothing; for the service loader. */
    public SystemBackend() {
    }

    @Override
    public String name() {
        return "system";
    }

    @Override
    public List<KeventLayout> layouts() {
        return Layouts.ALL;
    }

    @Override
    public String defaultAbi(KqueueConfig config) {
        return null;
    }

    @Override
    public String whyNot(KqueueConfig config) {
        return "not yet written";
    }

    @Override
    public Kqueue open(KqueueConfig config, KeventLayout layout) throws IOException {
        throw new UnsupportedOperationException();
    }
}
