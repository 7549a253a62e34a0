package org.kqueue.benchmarks;

/** What is compared. */
enum Side {
    JDK("JDK"), KQUEUE("kqueue"), NETTY_EPOLL("Netty native epoll"), C("C on epoll"),
    ONE_CALL_EACH("one call per change");

    final String label;

    Side(String label) {
        this.label = label;
    }
}
