/**
 * Calls to C that add less than JNA's: through {@code java.lang.foreign}, where Java has it, or the JDK's own native
 * methods. For the backends; no API for programs.
 */
package org.kqueue.foreign;
