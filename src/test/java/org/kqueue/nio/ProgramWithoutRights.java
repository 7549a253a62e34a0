package org.kqueue.nio;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketPermission;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.CodeSource;
import java.security.Permission;
import java.security.PermissionCollection;
import java.security.Permissions;
import java.security.Policy;
import java.security.ProtectionDomain;

/**
 * Opens and uses selectors under a security manager that lets the JDK and the library do all, and this program use
 * sockets and nothing else. As a JVM of its own.
 */
@SuppressWarnings("removal")
final class ProgramWithoutRights {

    private static final CodeSource PROGRAM =
            ProgramWithoutRights.class.getProtectionDomain().getCodeSource();

    private ProgramWithoutRights() {
    }

    private static final class SocketsOnly extends Policy {

        @Override
        public boolean implies(ProtectionDomain domain, Permission permission) {
            return !PROGRAM.equals(domain.getCodeSource()) || permission instanceof SocketPermission;
        }

        @Override
        public PermissionCollection getPermissions(ProtectionDomain domain) {
            return new Permissions();
        }
    }

    public static void main(String[] args) throws IOException {
        // Loads the classes, which the program may not either.
        try (Selector selector = Selector.open()) {
            use(selector);
        }
        Policy.setPolicy(new SocketsOnly());
        System.setSecurityManager(new SecurityManager());
        try {
            throw new AssertionError("the program may read " + System.getProperty("os.name"));
        } catch (SecurityException expected) {
            System.out.println("denied");
        }
        try (Selector selector = Selector.open(); SocketChannel fresh = SocketChannel.open()) {
            use(selector);
            fresh.configureBlocking(false);
            fresh.register(selector, SelectionKey.OP_CONNECT);
            selector.selectNow();
            selector.wakeup();
            selector.select();
            System.out.println("selected by " + selector.getClass().getName());
        }
        System.out.println("closed");
    }

    private static void use(Selector selector) throws IOException {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source(); Pipe.SinkChannel sink = pipe.sink();
                ServerSocketChannel listener = ServerSocketChannel.open()) {
            source.configureBlocking(false);
            source.register(selector, SelectionKey.OP_READ);
            sink.write(ByteBuffer.allocate(1));
            selector.select();
            selector.selectedKeys().clear();
            source.read(ByteBuffer.allocate(1));
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            listener.configureBlocking(false);
            SelectionKey key = listener.register(selector, SelectionKey.OP_ACCEPT);
            try (SocketChannel client = SocketChannel.open(listener.getLocalAddress())) {
                selector.select();
                System.out.println("ready " + key.isAcceptable() + ", connected " + client.isConnected());
            }
        }
        selector.selectedKeys().clear();
        selector.selectNow();
    }
}
