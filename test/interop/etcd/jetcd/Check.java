import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs named checks and prints "ok NAME" or "not ok NAME: reason" for each. */
final class Check {
    interface Body {
        void run() throws Exception;
    }

    private final String prefix;
    private int passed;
    private int failed;

    Check(String prefix) {
        this.prefix = prefix;
    }

    void run(String name, Body body) {
        try {
            body.run();
            passed++;
            System.out.println("ok " + prefix + "/" + name);
        } catch (Throwable e) {
            failed++;
            System.out.println("not ok " + prefix + "/" + name + ": " + reason(e));
        }
        System.out.flush();
    }

    int exitCode() {
        return failed > 0 || passed == 0 ? 1 : 0;
    }

    static void equal(String what, Object got, Object want) {
        if (!want.equals(got)) {
            throw new AssertionError(what + " is " + got + ", want " + want);
        }
    }

    static void that(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** The result of a call that must end soon. */
    static <V> V of(CompletableFuture<V> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    /** The text of the error that a call must end with. */
    static String errorOf(CompletableFuture<?> future) throws Exception {
        try {
            future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return reason(e);
        }
        throw new AssertionError("call succeeds, want an error");
    }

    /** Holds that a call does not end for a while. */
    static void waits(CompletableFuture<?> future, String what) throws Exception {
        try {
            future.get(300, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return;
        }
        throw new AssertionError(what + " did not wait");
    }

    /** Asks again and again until the answer is true. */
    static void until(Duration limit, String what, Callable<Boolean> holds) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        while (!holds.call()) {
            if (System.nanoTime() > end) {
                throw new TimeoutException(what + ": not within " + limit.toSeconds() + " s");
            }
            Thread.sleep(20);
        }
    }

    private static String reason(Throwable e) {
        while (e instanceof ExecutionException && e.getCause() != null) {
            e = e.getCause();
        }
        return String.valueOf(e).replaceAll("\\s+", " ");
    }
}
