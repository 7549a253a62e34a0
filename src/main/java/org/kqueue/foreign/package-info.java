/**
 * Calls to C through {@code java.lang.foreign}, where Java has it. For the backends; no API for programs.
 */
package org.kqueue.foreign;
