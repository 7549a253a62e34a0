package org.kqueue.linux.knotes;

import java.util.Map;

/**
 * The kernel's numbers that differ between processors. All other numbers used here are the same on each of these
 * processors. On MIPS, SPARC and Alpha they are not, so those have no row.
 *
 * @param statx the number of the system call
 * @param fionread {@code FIONREAD}: how much there is to read
 * @param siocoutq {@code SIOCOUTQ}: how much is not sent yet
 */
record Architecture(int statx, long fionread, long siocoutq) {

    private static final long FIONREAD = 0x541B;
    private static final long SIOCOUTQ = 0x5411;
    /** {@code _IOR('f', 127, int)} and {@code _IOR('t', 115, int)}, where reading is bit 30. */
    private static final Architecture POWER = new Architecture(383, 0x4004667F, 0x40047473);
    /** Architectures that came to Linux late share one table of system calls. */
    private static final Architecture LATE = new Architecture(291, FIONREAD, SIOCOUTQ);

    /** By {@code os.arch}. */
    private static final Map<String, Architecture> ALL = Map.of(
            "amd64", new Architecture(332, FIONREAD, SIOCOUTQ),
            "aarch64", LATE, "riscv64", LATE, "loongarch64", LATE,
            "ppc64", POWER, "ppc64le", POWER,
            "s390x", new Architecture(379, FIONREAD, SIOCOUTQ));

    /** The row of an {@code os.arch}, or null. */
    static Architecture of(String name) {
        return ALL.get(name);
    }
}
