package org.kqueue.linux;

/** A knote on a descriptor that is watched in full detail. Guarded by the kqueue's lock. */
final class DescriptorKnote extends Knote {

    final Descriptor descriptor;
    /** What epoll's event carries. */
    final long token;
    /** An epoll instance that holds nothing but the descriptor, where another knote has the descriptor's own item; or -1. */
    int side = -1;
    /** Whether the item is in the kqueue's epoll instance. */
    boolean armed;
    /** For a WRITE knote with EV_CLEAR: whether the peer was seen to have shut down its side. */
    boolean peerShut;

    DescriptorKnote(Change change, Descriptor descriptor, Slots<DescriptorKnote> slots) {
        super(change);
        this.descriptor = descriptor;
        this.token = slots.add(this);
    }

    /** The descriptor that stands for the knote in the kqueue's epoll instance. */
    int item() {
        return side >= 0 ? side : descriptor.fd;
    }
}
