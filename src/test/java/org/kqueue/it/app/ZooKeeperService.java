package org.kqueue.it.app;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/**
 * A ZooKeeper server and its clients. The server has a selector for its listener and others for its connections, whose
 * keys it silences while a worker has them and wakes from there; a client has one selector.
 */
public final class ZooKeeperService {

    private static final int SESSIONS = 50;
    private static final int NODES = 1000;
    /** Of the nodes, those with a number that it divides are watched by every session. */
    private static final int WATCHED = 10;
    private static final int TICK_MILLIS = 200;
    private static final int SESSION_MILLIS = 30_000;
    private static final int SHORT_SESSION_MILLIS = 1000;
    private static final long TIMEOUT_SECONDS = 30;

    private final Path folder;
    private int port;
    private ServerCnxnFactory factory;

    private ZooKeeperService(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] args) {
        try {
            run();
        } catch (Throwable e) {
            // ZooKeeper's handler of uncaught exceptions logs them, and here is no log; its threads go on.
            e.printStackTrace();
            System.exit(1);
        }
        System.out.println("OK " + NODES + " znodes, " + SESSIONS + " sessions");
        System.exit(0);
    }

    private static void run() throws Exception {
        OnKqueue.requireProvider();
        ZooKeeperService service = new ZooKeeperService(Files.createTempDirectory(Path.of("target"), "zookeeper"));
        service.start();
        service.requireExpiry();
        ZooKeeper client = service.connect();
        service.work(client);
        service.factory.shutdown();
        service.start();
        requireAfterRestart(client);
        client.close();
        service.factory.shutdown();
    }

    private void start() throws Exception {
        ZooKeeperServer server = new ZooKeeperServer(folder.toFile(), folder.toFile(), TICK_MILLIS);
        server.setMinSessionTimeout(SHORT_SESSION_MILLIS);
        server.setMaxSessionTimeout(SESSION_MILLIS);
        factory = ServerCnxnFactory.createFactory(new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                2 * SESSIONS);
        if (!(factory instanceof NIOServerCnxnFactory)) {
            throw new AssertionError("not the factory on selectors: " + factory);
        }
        factory.startup(server);
        port = factory.getLocalPort();
    }

    private ZooKeeper connect() throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        String server = InetAddress.getLoopbackAddress().getHostAddress() + ":" + port;
        ZooKeeper client = new ZooKeeper(server, SESSION_MILLIS, event -> {
            if (event.getState() == Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        await(connected, "a connection");
        return client;
    }

    private static void await(CountDownLatch latch, String what) throws InterruptedException {
        if (!latch.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no " + what + " within " + TIMEOUT_SECONDS + " s: " + latch);
        }
    }

    /** Every session watches, writes, and has a node that goes with it. */
    private void work(ZooKeeper client) throws Exception {
        List<ZooKeeper> sessions = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            sessions.add(connect());
        }
        OnKqueue.requireSelecting(SESSIONS);
        client.create("/it", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        CountDownLatch created = new CountDownLatch(NODES);
        AtomicReference<KeeperException.Code> failure = new AtomicReference<>();
        for (int i = 0; i < NODES; i++) {
            client.create(node(i), data(i), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
                    (code, path, context, name) -> count(created, failure, code), null);
        }
        await(created, "1,000 znodes");
        CountDownLatch seen = new CountDownLatch(SESSIONS * (NODES / WATCHED));
        for (ZooKeeper session : sessions) {
            watch(session, seen);
        }
        CountDownLatch written = new CountDownLatch(NODES);
        for (int i = 0; i < NODES; i++) {
            sessions.get(i % SESSIONS).setData(node(i), data(i + 1), 0,
                    (code, path, context, stat) -> count(written, failure, code), null);
        }
        await(written, "answer to every write");
        await(seen, "event of every watch");
        if (failure.get() != null) {
            throw new AssertionError("a request failed: " + failure);
        }
        for (ZooKeeper session : sessions) {
            session.create("/it/session", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL);
        }
        requireEqual(NODES + SESSIONS, client.getChildren("/it", false).size());
        closeAll(sessions);
        requireEqual(NODES, client.getChildren("/it", false).size());
    }

    /** Together: each waits a tenth of a second. */
    private static void closeAll(List<ZooKeeper> sessions) throws Exception {
        ExecutorService closers = Executors.newFixedThreadPool(sessions.size());
        List<Callable<Boolean>> closes = new ArrayList<>();
        for (ZooKeeper session : sessions) {
            closes.add(() -> session.close((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS)));
        }
        for (Future<Boolean> closed : closers.invokeAll(closes)) {
            if (!closed.get()) {
                throw new AssertionError("a client's threads do not end");
            }
        }
        closers.shutdown();
    }

    private static void watch(ZooKeeper session, CountDownLatch seen) throws Exception {
        for (int i = 0; i < NODES; i += WATCHED) {
            byte[] found = session.getData(node(i), event -> {
                if (event.getType() == Event.EventType.NodeDataChanged) {
                    seen.countDown();
                }
            }, new Stat());
            requireData(i, found);
        }
    }

    private static void count(CountDownLatch latch, AtomicReference<KeeperException.Code> failure, int code) {
        if (code != KeeperException.Code.OK.intValue()) {
            failure.set(KeeperException.Code.get(code));
        }
        latch.countDown();
    }

    private static String node(int number) {
        return "/it/" + number;
    }

    private static byte[] data(int number) {
        byte[] bytes = new byte[500 + number];
        new Random(number).nextBytes(bytes);
        return bytes;
    }

    private static void requireData(int number, byte[] found) {
        if (!Arrays.equals(data(number), found)) {
            throw new AssertionError("wrong data of version " + number);
        }
    }

    private static void requireEqual(int expected, int found) {
        if (expected != found) {
            throw new AssertionError("expected " + expected + " znodes, there are " + found);
        }
    }

    /** A session that says hello and then nothing more is ended by the server, which closes the connection. */
    private void requireExpiry() throws IOException {
        try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), port)) {
            silent.setSoTimeout((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
            DataOutputStream hello = new DataOutputStream(silent.getOutputStream());
            // ConnectRequest: protocol, last zxid, timeout, session, password.
            hello.writeInt(44);
            hello.writeInt(0);
            hello.writeLong(0);
            hello.writeInt(SHORT_SESSION_MILLIS);
            hello.writeLong(0);
            hello.writeInt(16);
            hello.write(new byte[16]);
            DataInputStream answer = new DataInputStream(silent.getInputStream());
            answer.readFully(new byte[answer.readInt()]);
            if (answer.read() != -1) {
                throw new AssertionError("the server talks to a session that is silent");
            }
        }
    }

    /** The session outlives the server. */
    private static void requireAfterRestart(ZooKeeper client) throws Exception {
        long start = System.nanoTime();
        while (true) {
            try {
                requireData(1, client.getData(node(0), false, new Stat()));
                return;
            } catch (KeeperException.ConnectionLossException e) {
                if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS)) {
                    throw e;
                }
            }
        }
    }
}
