package org.kqueue.bsd;

import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * Through {@code java.lang.foreign}. The handle is the class data of a copy of this class, one for each library, so
 * that it is a constant there and the JIT compiles the call in line.
 */
final class ForeignKevent implements Kevent {

    private static final MethodHandle KEVENT = classData();

    ForeignKevent() {
    }

    private static MethodHandle classData() {
        try {
            return MethodHandles.classData(MethodHandles.lookup(), ConstantDescs.DEFAULT_NAME, MethodHandle.class);
        } catch (IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public int kevent(int kq, long changelist, int nchanges, long eventlist, int nevents, long timeout) {
        try {
            return (int) KEVENT.invokeExact(kq, changelist, nchanges, eventlist, nevents, timeout);
        } catch (Throwable e) {
            throw ForeignCalls.thrown(e);
        }
    }
}
