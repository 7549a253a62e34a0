package org.kqueue;

/** The changes of a {@code kevent} call, in order. Grows as needed. Not thread-safe. */
public final class ChangeList extends KeventList {

    private int capacity;
    private boolean wantsReceipt;

    /**
     * Makes an empty list.
     *
     * @param layout the kqueue's layout
     * @param initialCapacity the number of changes there is room for before the list grows
     */
    public ChangeList(KeventLayout layout, int initialCapacity) {
        super(layout, requireNotNegative("a change list", initialCapacity));
        capacity = initialCapacity;
    }

    /**
     * Appends a change by the number of its filter.
     *
     * @param ident the descriptor, pid, signal or number it is about
     * @param filter the {@code EVFILT_} number of the layout
     * @param flags {@code EV_} flags
     * @param fflags {@code NOTE_} flags as the layout numbers them
     * @param data the filter's data
     * @param udata comes back with every event
     * @return this list
     */
    public ChangeList add(long ident, int filter, int flags, int fflags, long data, long udata) {
        if (size == capacity) {
            capacity = Math.max(8, Math.multiplyExact(capacity, 2));
            reserve(capacity);
        }
        wantsReceipt |= (flags & KeventFlags.EV_RECEIPT) != 0;
        write(size++, ident, filter, flags, fflags, data, udata);
        return this;
    }

    /**
     * Appends a change.
     *
     * @param ident the descriptor, pid, signal or number it is about
     * @param filter the filter
     * @param flags {@code EV_} flags
     * @param fflags {@code NOTE_} flags as the layout numbers them
     * @param data the filter's data
     * @param udata comes back with every event
     * @return this list
     * @throws UnsupportedOperationException where the layout does not have the filter
     */
    public ChangeList add(long ident, Filter filter, int flags, int fflags, long data, long udata) {
        return add(ident, layout.number(filter), flags, fflags, data, udata);
    }

    /**
     * Appends a change without fflags and data.
     *
     * @param ident the descriptor, pid, signal or number it is about
     * @param filter the filter
     * @param flags {@code EV_} flags
     * @param udata comes back with every event
     * @return this list
     * @throws UnsupportedOperationException where the layout does not have the filter
     */
    public ChangeList add(long ident, Filter filter, int flags, long udata) {
        return add(ident, layout.number(filter), flags, 0, 0, udata);
    }

    /**
     * Empties the list.
     *
     * @return this list
     */
    public ChangeList clear() {
        size = 0;
        wantsReceipt = false;
        return this;
    }

    /** Whether a change in the list has {@code EV_RECEIPT}. */
    boolean wantsReceipt() {
        return wantsReceipt;
    }
}
