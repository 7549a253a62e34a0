package org.kqueue.nio.jmx;

import java.lang.management.ManagementFactory;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.StandardMBean;

/** The platform's MBean server, for selectors. Thread-safe. */
public final class MBeans {

    private MBeans() {
    }

    /**
     * Registers a bean, unless there is one of that name.
     *
     * @param bean the bean
     * @param name its object name
     * @throws IllegalStateException if the MBean server refuses
     */
    public static void register(KqueueMXBean bean, String name) {
        try {
            ManagementFactory.getPlatformMBeanServer().registerMBean(new StandardMBean(bean, KqueueMXBean.class, true),
                    new ObjectName(name));
        } catch (JMException e) {
            // An MXBean that is registered already is found out by its preRegister, whose exceptions are wrapped.
            if (!(e instanceof InstanceAlreadyExistsException
                    || e.getCause() instanceof InstanceAlreadyExistsException)) {
                throw new IllegalStateException("cannot register " + name, e);
            }
        }
    }

    /**
     * Unregisters a bean, if it is registered.
     *
     * @param name its object name
     * @throws IllegalStateException if the MBean server refuses
     */
    public static void unregister(String name) {
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(new ObjectName(name));
        } catch (InstanceNotFoundException e) {
            // Somebody has unregistered it already.
        } catch (JMException e) {
            throw new IllegalStateException("cannot unregister " + name, e);
        }
    }
}
