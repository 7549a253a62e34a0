package org.kqueue.nio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kqueue.nio.jdk.JdkChannels;

/**
 * A program can be compiled against everything public with {@code --release 17}: no public type leads the compiler to a
 * class whose superclass java.base does not export. The program calls every public constructor and method.
 */
class PublicApiTest {

    private static final List<String> PACKAGES =
            List.of("org/kqueue", "org/kqueue/nio", "org/kqueue/nio/channels", "org/kqueue/nio/jmx");
    /** Its superclass is not exported, which is why it has no methods of its own. */
    private static final String SELECTOR = "org.kqueue.nio.KqueueSelector";

    @TempDir
    Path folder;

    @Test
    void aProgramThatUsesAllOfItCompiles() throws Exception {
        // Reflection loads what the compiler does not: the classes that extend those of sun.nio.ch.
        JdkChannels.open();
        StringBuilder program = new StringBuilder("@SuppressWarnings({\"unchecked\", \"rawtypes\", \"unused\"})\n"
                + "class UserProgram {\n");
        int calls = 0;
        for (Class<?> type : publicTypes()) {
            for (Executable member : members(type)) {
                program.append("    static void call").append(calls++).append("() throws Throwable { ")
                        .append(call(type, member)).append("; }\n");
            }
        }
        program.append("}\n");
        assertTrue(calls > 200, "only " + calls + " methods found");
        Path source = Files.writeString(folder.resolve("UserProgram.java"), program);
        StringWriter messages = new StringWriter();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(messages, files, null,
                    List.of("--release", "17", "-proc:none", "-d", folder.toString(), "-cp", classes().toString()),
                    null, files.getJavaFileObjects(source)).call();
            assertTrue(compiled, messages::toString);
        }
        assertEquals("", messages.toString());
    }

    private static Path classes() throws URISyntaxException {
        return Path.of(KqueueSelectors.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static List<Class<?>> publicTypes() throws Exception {
        List<Class<?>> types = new ArrayList<>();
        for (String name : PACKAGES) {
            try (Stream<Path> files = Files.list(classes().resolve(name))) {
                for (Path file : files.filter(f -> f.toString().endsWith(".class")).sorted().toList()) {
                    String type = classes().relativize(file).toString().replace('/', '.').replace(".class", "");
                    if (!type.endsWith("-info") && !type.equals(SELECTOR)) {
                        Class<?> found = Class.forName(type, false, PublicApiTest.class.getClassLoader());
                        if (isPublic(found)) {
                            types.add(found);
                        }
                    }
                }
            }
        }
        return types;
    }

    private static boolean isPublic(Class<?> type) {
        return Modifier.isPublic(type.getModifiers()) && !type.isAnonymousClass()
                && (type.getEnclosingClass() == null || isPublic(type.getEnclosingClass()));
    }

    private static List<Executable> members(Class<?> type) {
        List<Executable> members = new ArrayList<>();
        for (Constructor<?> constructor : type.getConstructors()) {
            if (!Modifier.isAbstract(type.getModifiers()) && !type.isEnum()) {
                members.add(constructor);
            }
        }
        for (Method method : type.getDeclaredMethods()) {
            if (Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()) {
                members.add(method);
            }
        }
        return members;
    }

    private static String call(Class<?> type, Executable member) {
        String arguments = Arrays.stream(member.getParameterTypes()).map(PublicApiTest::anyValue)
                .collect(Collectors.joining(", "));
        if (member instanceof Constructor<?>) {
            return "new " + type.getCanonicalName() + "(" + arguments + ")";
        }
        String target = Modifier.isStatic(member.getModifiers()) ? type.getCanonicalName()
                : "((" + type.getCanonicalName() + ") null)";
        return target + "." + member.getName() + "(" + arguments + ")";
    }

    private static String anyValue(Class<?> type) {
        if (!type.isPrimitive()) {
            return "(" + type.getCanonicalName() + ") null";
        }
        return type == boolean.class ? "false" : "(" + type + ") 0";
    }
}
