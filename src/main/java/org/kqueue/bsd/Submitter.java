package org.kqueue.bsd;

import java.io.IOException;
import org.kqueue.ChangeList;

/** Hands changes to a kqueue, without room for events: the error of a change is the call's. */
@FunctionalInterface
interface Submitter {

    void submit(ChangeList changes) throws IOException;
}
