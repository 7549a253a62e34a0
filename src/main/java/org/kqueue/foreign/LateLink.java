package org.kqueue.foreign;

/**
 * Decides when calls go through {@code java.lang.foreign}: after some hundred of them, as linking takes about 50 ms,
 * which a program that opens a selector and ends would not get back. A thread of its own links meanwhile, so that no
 * call waits for it. Where {@link ForeignCalls#CALLS} says {@code foreign} the first call links; where foreign calls
 * cannot be made, or the property says {@code jna}, none does.
 *
 * <p>A caller keeps it in a {@code static final} field. Thread-safe.
 */
public final class LateLink {

    private static final int JNA_CALLS = 500;

    private final Runnable link;
    private final boolean never;
    private volatile boolean linked;
    /** A few counts that are lost do not matter. */
    private int calls;

    /**
     * For one group of functions.
     *
     * @param link initialises a class whose static fields hold what {@link ForeignCalls} returns
     */
    public LateLink(Runnable link) {
        this.link = link;
        never = !ForeignCalls.arePossible();
        if (ForeignCalls.areRequired()) {
            link.run();
            linked = true;
        }
    }

    /**
     * To be asked before each call.
     *
     * @return true where the foreign functions are to be used
     */
    public boolean isLinked() {
        return linked || !never && count();
    }

    private boolean count() {
        if (++calls == JNA_CALLS) {
            Thread thread = new Thread(this::linkNow, "kqueue-link");
            thread.setDaemon(true);
            thread.start();
        }
        return false;
    }

    private void linkNow() {
        try {
            link.run();
            linked = true;
        } catch (LinkageError e) {
            // JNA's calls go on.
            System.getLogger("org.kqueue").log(System.Logger.Level.DEBUG, "java.lang.foreign cannot be linked", e);
        }
    }
}
