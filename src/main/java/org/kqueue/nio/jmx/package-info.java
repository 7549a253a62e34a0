/** What selectors have done, as MXBeans. The only package that needs the module {@code java.management}. */
package org.kqueue.nio.jmx;
