package org.kqueue.trace;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.StringArray;
import org.kqueue.KqueueConfig;

/**
 * The C functions that make and use descriptors, by their C names. They are those of the library that {@code
 * org.kqueue.library} names, because such a library may have descriptors of its own; a look-up in it goes on in libc.
 * Each is looked up when it is called: the last eight are for single cases, and Linux'.
 */
interface CLibrary extends Library {

    CLibrary C = Native.load(KqueueConfig.fromSystemProperties().library(), CLibrary.class);

    int socketpair(int domain, int type, int protocol, int[] sv);
    int pipe(int[] fds);
    int dup2(int oldfd, int newfd);
    int fcntl(int fd, int command, Object... argument);
    int close(int fd);
    int shutdown(int fd, int how);
    long read(int fd, Memory buffer, long count);
    long write(int fd, Memory buffer, long count);
    int poll(Memory fds, long nfds, int timeout);
    int socket(int domain, int type, int protocol);
    int bind(int fd, byte[] address, int length);
    int listen(int fd, int backlog);
    int connect(int fd, byte[] address, int length);
    int accept(int fd, byte[] address, int[] length);
    int getsockname(int fd, byte[] address, int[] length);
    int getsockopt(int fd, int level, int name, int[] value, int[] length);
    int setsockopt(int fd, int level, int name, int[] value, int length);
    long send(int fd, Memory buffer, long count, int flags);
    long sendto(int fd, Memory buffer, long count, int flags, byte[] address, int length);
    int open(String path, int flags, Object... mode);
    long lseek(int fd, long offset, int whence);
    int ftruncate(int fd, long length);
    int mkfifo(String path, int mode);
    int kill(int pid, int signal);
    int waitpid(int pid, int[] status, int options);
    int waitid(int idtype, int id, byte[] info, int options);
    int posix_spawn(int[] pid, String path, Memory actions, Memory attributes, StringArray argv, StringArray envp);
    int gettid();
    int tgkill(int tgid, int tid, int signal);
    int pthread_sigmask(int how, byte[] set, byte[] old);
}
