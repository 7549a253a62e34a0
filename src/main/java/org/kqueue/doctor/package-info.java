/**
 * What {@code java -jar kqueue-nio-<version>-all.jar} runs: finds out whether and how kqueue serves on this machine.
 */
package org.kqueue.doctor;
