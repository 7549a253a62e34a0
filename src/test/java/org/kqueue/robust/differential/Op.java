package org.kqueue.robust.differential;

/** What a step does. The weight says how often a random program does it. */
enum Op {
    OPEN_STREAM(3), OPEN_LISTENER(2), OPEN_DATAGRAM(2), OPEN_PIPE(2), OPEN_PAIR(6),
    BIND(5), CONNECT(7), CONNECT_REFUSED(2), FINISH_CONNECT(4), ACCEPT(6),
    REGISTER(16), INTEREST(8), INTEREST_OR(3), INTEREST_AND(3), CANCEL(3), DESELECT(5), CLEAR_SELECTED(4),
    SELECT_NOW(12), SELECT_TIMED(5), SELECT(5), WAKEUP(3), INTERRUPT(1), CLOSE_SELECTOR(1), OPEN_SELECTOR(2),
    WRITE(10), FILL(2), READ(8), DRAIN(4), SHUT_INPUT(2), SHUT_OUTPUT(3), RESET(2), CLOSE(4), BLOCKING(2);

    final int weight;

    Op(int weight) {
        this.weight = weight;
    }
}
