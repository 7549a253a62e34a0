package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.kqueue.nio.jdk.JdkChannels;

class InterestQueueTest {

    private final InterestQueue queue = new InterestQueue();
    private Pipe pipe;

    @BeforeEach
    void open() throws IOException {
        JdkChannels.open();
        pipe = Pipe.open();
    }

    @AfterEach
    void close() throws IOException {
        pipe.source().close();
        pipe.sink().close();
    }

    private KqueueSelectionKey key() {
        return new KqueueSelectionKey(null, pipe.source());
    }

    private List<KqueueSelectionKey> drain() {
        List<KqueueSelectionKey> keys = new ArrayList<>();
        int n = queue.drain();
        for (int i = 0; i < n; i++) {
            keys.add(queue.drained(i));
        }
        return keys;
    }

    @Test
    void emptyQueueDrainsNothing() {
        assertEquals(0, queue.drain());
    }

    @Test
    void keyAddedSeveralTimesIsThereOnce() {
        KqueueSelectionKey key = key();
        queue.add(key);
        queue.add(key);
        assertTrue(queue.contains(key));
        assertEquals(List.of(key), drain());
        assertFalse(queue.contains(key));
        assertEquals(0, queue.drain());
        queue.add(key);
        assertSame(key, drain().get(0));
    }

    @Test
    void orderIsThatOfTheFirstChange() {
        List<KqueueSelectionKey> keys = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            keys.add(key());
            queue.add(keys.get(i));
        }
        queue.add(keys.get(3));
        assertEquals(keys, drain());
    }

    @Test
    void keyAddedWhileDrainingIsForTheNextDrain() {
        KqueueSelectionKey first = key();
        KqueueSelectionKey second = key();
        queue.add(first);
        assertEquals(1, queue.drain());
        queue.add(second);
        queue.add(first);
        assertSame(first, queue.drained(0));
        assertEquals(List.of(second, first), drain());
    }

    @Test
    void nothingIsLostBetweenThreads() {
        List<Set<KqueueSelectionKey>> batches = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            Set<KqueueSelectionKey> batch = new HashSet<>();
            for (int i = 0; i < 5_000; i++) {
                batch.add(key());
            }
            batches.add(batch);
            threads.add(new Thread(() -> batch.forEach(queue::add)));
        }
        threads.forEach(Thread::start);
        Set<KqueueSelectionKey> seen = new HashSet<>();
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            while (seen.size() < 15_000) {
                for (KqueueSelectionKey key : drain()) {
                    assertTrue(seen.add(key), "twice");
                }
            }
        });
        batches.forEach(batch -> assertTrue(seen.containsAll(batch)));
    }
}
