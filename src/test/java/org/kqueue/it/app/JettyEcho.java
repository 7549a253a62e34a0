package org.kqueue.it.app;

import java.nio.ByteBuffer;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;

/** Answers with the request's body, read without a blocked thread. */
final class JettyEcho extends Handler.Abstract {

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Content.Source.asByteBuffer(request, new Promise<>() {
            @Override
            public void succeeded(ByteBuffer body) {
                response.write(true, body, callback);
            }

            @Override
            public void failed(Throwable cause) {
                callback.failed(cause);
            }
        });
        return true;
    }
}
