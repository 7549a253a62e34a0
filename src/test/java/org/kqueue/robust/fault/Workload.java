package org.kqueue.robust.fault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.kqueue.nio.Providers;
import org.kqueue.robust.Pair;

/**
 * Traffic on a selector that proves that nothing is lost: every byte sent must make its key ready for OP_READ, every
 * write interest must make it ready for OP_WRITE, with connections coming and going.
 */
final class Workload implements AutoCloseable {

    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long SELECT_MILLIS = 1_000;

    private final Selector selector;
    private final List<SelectionKey> keys = new ArrayList<>();
    private final Random random;
    private final ByteBuffer buffer = ByteBuffer.allocate(64);
    /** Selects that threw; the faults say how many may. */
    int failures;
    /** Keys that were ready to read and had nothing. */
    int falseAlarms;
    int selects;

    Workload(Selector selector, int pairs, long seed) throws IOException {
        this.selector = selector;
        random = new Random(seed);
        for (int i = 0; i < pairs; i++) {
            keys.add(Pair.open(Providers.kqueue()).register(selector, SelectionKey.OP_READ));
        }
    }

    Workload run(int rounds) throws IOException {
        for (int i = 0; i < rounds; i++) {
            renewOne();
            Set<SelectionKey> readers = some();
            Set<SelectionKey> writers = some();
            for (SelectionKey key : readers) {
                pair(key).far().write(ByteBuffer.wrap(new byte[] {1}));
            }
            for (SelectionKey key : writers) {
                key.interestOpsOr(SelectionKey.OP_WRITE);
            }
            await(readers, writers);
        }
        return this;
    }

    private void renewOne() throws IOException {
        int which = random.nextInt(keys.size());
        pair(keys.get(which)).close();
        keys.set(which, Pair.open(Providers.kqueue()).register(selector, SelectionKey.OP_READ));
    }

    private Set<SelectionKey> some() {
        Set<SelectionKey> some = new HashSet<>(keys);
        some.removeIf(key -> random.nextBoolean());
        return some;
    }

    private static Pair pair(SelectionKey key) {
        return (Pair) key.attachment();
    }

    private void await(Set<SelectionKey> readers, Set<SelectionKey> writers) throws IOException {
        long start = System.nanoTime();
        while (!readers.isEmpty() || !writers.isEmpty()) {
            if (System.nanoTime() - start > DEADLINE_NANOS) {
                throw new AssertionError("lost: reads of " + readers + ", writes of " + writers + " after " + selects
                        + " selects, " + failures + " failed");
            }
            try {
                selects++;
                selector.select(SELECT_MILLIS);
            } catch (IOException e) {
                failures++;
                continue;
            }
            for (Iterator<SelectionKey> selected = selector.selectedKeys().iterator(); selected.hasNext();) {
                SelectionKey key = selected.next();
                selected.remove();
                if (key.isReadable()) {
                    int n = pair(key).near().read(buffer.clear());
                    falseAlarms += n > 0 ? 0 : 1;
                    if (n > 0) {
                        readers.remove(key);
                    }
                }
                if (key.isWritable()) {
                    key.interestOpsAnd(~SelectionKey.OP_WRITE);
                    writers.remove(key);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : keys) {
            pair(key).close();
        }
        selector.close();
    }
}
