/**
 * The door to the JDK's own channels: the only package that names {@code sun.nio.ch}. Not an API; it changes with the
 * JDK.
 */
package org.kqueue.nio.jdk;
