/** What a change says, and kqueue's rules for a list of changes, whatever kqueue they are for. */
package org.kqueue.linux.changes;
