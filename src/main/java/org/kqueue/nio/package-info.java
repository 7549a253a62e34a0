/**
 * A {@code java.nio} selector on kqueue. Start Java with
 * {@code -Djava.nio.channels.spi.SelectorProvider=org.kqueue.nio.KqueueSelectorProvider}, or with this library as
 * {@code -javaagent}; the program uses {@link java.nio.channels.Selector#open()} and needs no import of ours.
 */
package org.kqueue.nio;
