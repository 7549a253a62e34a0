/** Records what a kqueue does with a program of operations, and compares it with a recording from another system. */
package org.kqueue.trace;
