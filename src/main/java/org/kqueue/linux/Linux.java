package org.kqueue.linux;

/** Linux errno numbers above 34 that are acted upon, which differ from those of {@link org.kqueue.Errno}. */
final class Linux {

    static final int EEXIST = 17;
    static final int EPERM = 1;
    static final int ENOSPC = 28;
    static final int ENOSYS = 38;
    static final int ELOOP = 40;

    private Linux() {
    }
}
