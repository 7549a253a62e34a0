package org.kqueue.robust.security;

import java.io.IOException;
import java.nio.channels.Selector;
import java.util.Set;
import java.util.TreeSet;
import org.kqueue.nio.Providers;

/** Compares what every package of the platform is open to before and after a selector was opened and used. */
public final class OpenedPackages {

    private OpenedPackages() {
    }

    /** Prints what became open. */
    public static void main(String[] args) throws IOException {
        Set<String> before = open();
        try (Selector selector = Providers.kqueue().openSelector()) {
            selector.selectNow();
        }
        Set<String> after = open();
        after.removeAll(before);
        System.out.println("opened: " + after);
    }

    private static Set<String> open() {
        Set<String> open = new TreeSet<>();
        Module ours = OpenedPackages.class.getModule();
        for (Module module : ModuleLayer.boot().modules()) {
            for (String name : module.getPackages()) {
                if (module.isOpen(name, ours)) {
                    open.add(module.getName() + "/" + name + " to the unnamed module");
                }
                if (module.isOpen(name)) {
                    open.add(module.getName() + "/" + name + " to all");
                }
                if (module.isOpen(name, OpenedPackages.class.getClassLoader().getParent().getUnnamedModule())) {
                    open.add(module.getName() + "/" + name + " to another unnamed module");
                }
            }
        }
        return open;
    }
}
