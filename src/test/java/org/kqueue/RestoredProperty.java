package org.kqueue;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A system property that a test changes, and that is as before after it. Registered for each test, or else restored by
 * it.
 */
public final class RestoredProperty implements AfterEachCallback {

    private final String name;
    private final String before;

    public RestoredProperty(String name) {
        this.name = name;
        before = System.getProperty(name);
    }

    public void set(String value) {
        System.setProperty(name, value);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        restore();
    }

    public void restore() {
        if (before == null) {
            System.clearProperty(name);
        } else {
            System.setProperty(name, before);
        }
    }
}
